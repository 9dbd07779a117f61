// Ticker does very little for three seconds. The runtime splits a trace into
// generations of about a second each, so this makes a small trace with several
// of them, and with tasks, regions, goroutines and, with some luck, garbage
// collections that live across the borders.
package main

import (
	"context"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"time"
)

const (
	period = 20 * time.Millisecond
	ticks  = 150
)

var sink []byte // keeps the compiler from leaving allocations out

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

	// A heap full of pointers takes the collector a while to mark. From here
	// on it collects whenever the heap has grown by a twentieth.
	target := new(int)
	heap := make([]*int, 16<<20)
	for i := range heap {
		heap[i] = target
	}
	debug.SetGCPercent(5)

	// A task and a region that begin before the trace.
	early, earlyTask := trace.NewTask(context.Background(), "early")
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer earlyTask.End()
		trace.WithRegion(early, "wait", func() { time.Sleep(30 * period) })
	}()
	runtime.Gosched()

	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	// And one of each that never end.
	forever, _ := trace.NewTask(context.Background(), "forever")
	go func() {
		trace.StartRegion(forever, "block")
		select {}
	}()

	ctx, task := trace.NewTask(context.Background(), "run")
	defer task.End()

	tick := time.NewTicker(period)
	defer tick.Stop()
	for n := 0; n < ticks; n++ {
		<-tick.C
		trace.Logf(ctx, "tick", "%d", n)
		switch {
		case n == 75:
			runtime.GOMAXPROCS(1)
		case n%50 == 25 || n%50 == 48:
			// Enough for a collection, now or just before a border.
			trace.WithRegion(ctx, "allocate", func() { sink = make([]byte, 32<<20) })
		case n%10 == 0:
			// Lasts longer than a generation.
			go span(ctx, "long", 60*period)
		case n%5 == 0:
			go span(ctx, "short", 3*period)
		}
	}
	<-done
	runtime.KeepAlive(heap)
}

// span sleeps inside a region of a task of its own.
func span(ctx context.Context, name string, d time.Duration) {
	ctx, task := trace.NewTask(ctx, name)
	defer task.End()
	trace.WithRegion(ctx, "sleep", func() { time.Sleep(d) })
}
