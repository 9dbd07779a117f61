//go:build go1.23

package main

import "iter"

// coroutine pulls values from an iterator, which then runs as a coroutine: the
// two goroutines hand the processor to each other without the scheduler.
func coroutine() {
	numbers := func(yield func(int) bool) {
		for n := 0; n < rounds; n++ {
			if !yield(n) {
				return
			}
		}
	}
	next, stop := iter.Pull(numbers)
	defer stop()
	for {
		if _, ok := next(); !ok {
			return
		}
	}
}
