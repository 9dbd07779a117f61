//go:build !go1.23

package main

// coroutine does nothing: iterators came with Go 1.23.
func coroutine() {}
