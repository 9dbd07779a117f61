#![doc = include_str!("../ARCHITECTURE.md")]

pub mod diag;

pub mod capture;
pub mod compression;
pub mod trace;

pub mod catalog;
pub mod ide;
pub mod library;
pub mod sema;
pub mod syntax;

pub mod plan;
pub mod tables;

pub mod engine;
pub mod output;
pub mod pages;

pub mod cli;
pub mod repl;

mod blocks;
mod stack;
