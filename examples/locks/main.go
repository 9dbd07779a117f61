// Locks makes goroutines wait for each other in as many ways as fit in a short
// program: mutexes, channels, select, condition variables, wait groups,
// sleeping, system calls and, where the language has them, coroutines. It also
// takes a CPU profile, whose samples end up in the trace.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

const (
	workers = 6
	rounds  = 20
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

	// The profile itself is thrown away: its samples are in the trace too.
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()

	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	var wg sync.WaitGroup
	for _, part := range []struct {
		name string
		run  func()
	}{
		{"mutex", mutex},
		{"readers", readers},
		{"pipeline", pipeline},
		{"choose", choose},
		{"cond", cond},
		{"files", files},
		{"pipe", pipe},
		{"coroutine", coroutine},
		{"spin", spin},
	} {
		wg.Add(1)
		go func(name string, run func()) {
			defer wg.Done()
			ctx, task := trace.NewTask(context.Background(), name)
			defer task.End()
			trace.WithRegion(ctx, name, run)
		}(part.name, part.run)
	}
	wg.Wait()
}

// parallel runs f in a number of goroutines and waits for all of them.
func parallel(f func(n int)) {
	var wg sync.WaitGroup
	for n := 0; n < workers; n++ {
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			f(n)
		}(n)
	}
	wg.Wait()
}

// mutex has goroutines fight for one lock, held across a short sleep.
func mutex() {
	var mu sync.Mutex
	parallel(func(int) {
		for i := 0; i < rounds/4; i++ {
			mu.Lock()
			time.Sleep(100 * time.Microsecond)
			mu.Unlock()
			runtime.Gosched()
		}
	})
}

// readers has one writer among several readers.
func readers() {
	var mu sync.RWMutex
	parallel(func(n int) {
		for i := 0; i < rounds/4; i++ {
			if n == 0 {
				mu.Lock()
				time.Sleep(100 * time.Microsecond)
				mu.Unlock()
			} else {
				mu.RLock()
				time.Sleep(50 * time.Microsecond)
				mu.RUnlock()
			}
		}
	})
}

// pipeline passes numbers through a chain of unbuffered channels.
func pipeline() {
	first := make(chan int)
	last := first
	for i := 0; i < workers; i++ {
		in, out := last, make(chan int)
		go func() {
			defer close(out)
			for n := range in {
				out <- n + 1
			}
		}()
		last = out
	}
	go func() {
		defer close(first)
		for n := 0; n < rounds; n++ {
			first <- n
		}
	}()
	for range last {
	}
}

// choose waits for a ticker and for results, whichever is first.
func choose() {
	results := make(chan int, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; n < rounds; n++ {
			time.Sleep(200 * time.Microsecond)
			results <- n
		}
	}()
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for {
		select {
		case <-results:
		case <-tick.C:
		case <-done:
			return
		}
	}
}

// cond has goroutines wait for their turn, and all of them be woken each time.
func cond() {
	var (
		c    = sync.NewCond(new(sync.Mutex))
		turn int
	)
	parallel(func(n int) {
		c.L.Lock()
		defer c.L.Unlock()
		for i := 0; i < rounds/4; i++ {
			for turn%workers != n {
				c.Wait()
			}
			turn++
			c.Broadcast()
		}
	})
}

// files writes and reads temporary files: system calls that may block.
func files() {
	parallel(func(int) {
		f, err := os.CreateTemp("", "locks")
		if err != nil {
			log.Print(err)
			return
		}
		defer os.Remove(f.Name())
		defer f.Close()
		buf := make([]byte, 1<<16)
		for i := 0; i < rounds/10; i++ {
			f.WriteAt(buf, 0)
			f.Sync()
			f.ReadAt(buf, 0)
		}
	})
}

// pipe sends bytes through a pipe of the system, read with the network poller.
func pipe() {
	r, w, err := os.Pipe()
	if err != nil {
		log.Print(err)
		return
	}
	defer r.Close()
	go func() {
		defer w.Close()
		for i := 0; i < rounds/2; i++ {
			time.Sleep(300 * time.Microsecond)
			w.Write([]byte("tick"))
		}
	}()
	io.Copy(io.Discard, r)
}

// spin keeps the processors busy for long enough that the profiler, which
// takes a hundred samples each second of work, sees them.
func spin() {
	var total [workers]int
	parallel(func(n int) {
		for end := time.Now().Add(40 * time.Millisecond); time.Now().Before(end); {
			total[n]++
		}
	})
}
