// Garbage allocates far more than it keeps, in several goroutines at once and
// with a collector told to start early. The trace is full of collection
// cycles, with their stop-the-world pauses, mark assists and sweeping.
package main

import (
	"context"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"sync"
)

const (
	workers = 4
	depth   = 12 // of the trees that are built
	kept    = 4  // trees kept alive by each worker
)

// A node of a binary tree: many small objects for the collector to mark.
type node struct {
	left, right *node
	data        [4]int
}

func main() {
	path := "trace.dat"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	// A second argument sets how many trees each worker builds.
	trees := 16
	if len(os.Args) > 2 {
		n, err := strconv.Atoi(os.Args[2])
		if err != nil {
			log.Fatal(err)
		}
		trees = n
	}
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()

	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	// Collect whenever the heap has grown by a tenth.
	debug.SetGCPercent(10)

	ctx, task := trace.NewTask(context.Background(), "garbage")
	defer task.End()

	var wg sync.WaitGroup
	for i := 0; i < workers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var keep [kept]*node
			for i := 0; i < trees; i++ {
				trace.WithRegion(ctx, "grow", func() {
					keep[i%kept] = grow(depth)
				})
			}
			runtime.KeepAlive(keep)
		}()
	}
	// Force a few collections as well: those stop their caller until done.
	for i := 0; i < 3; i++ {
		trace.WithRegion(ctx, "collect", runtime.GC)
	}
	wg.Wait()

	var stats runtime.MemStats
	runtime.ReadMemStats(&stats) // stops the world for a moment
	trace.Logf(ctx, "cycles", "%d", stats.NumGC)
}

// grow builds a complete binary tree of the given depth.
func grow(depth int) *node {
	if depth == 0 {
		return new(node)
	}
	return &node{left: grow(depth - 1), right: grow(depth - 1)}
}
