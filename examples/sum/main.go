// Sum runs ten goroutines on a single processor. Each adds up the numbers
// below a billion inside a region of its own, and all of them belong to one
// task, so the trace shows how the scheduler shares one processor among
// goroutines that never block.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

const (
	workers = 10
	limit   = 1_000_000_000
)

func main() {
	path := "trace.dat"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()

	// One processor: only one goroutine runs at any moment.
	runtime.GOMAXPROCS(1)

	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	ctx, task := trace.NewTask(context.Background(), "sumTask")
	defer task.End()

	var wg sync.WaitGroup
	sums := make([]int, workers)
	for n := 0; n < workers; n++ {
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			defer trace.StartRegion(ctx, fmt.Sprintf("region_%02d", n)).End()
			sums[n] = addUp()
		}(n)
	}
	wg.Wait()
	fmt.Println(sums)
}

// addUp adds up the numbers below limit. The loop makes no calls, so only the
// runtime's preemption can take the processor away from it.
func addUp() int {
	sum := 0
	for i := 0; i < limit; i++ {
		sum += i
	}
	return sum
}
