// Heap allocates objects of several kinds and lets most of them go: with and
// without pointers, so large that they have a header, so tiny that they share
// memory. Run with GODEBUG=traceallocfree=1, its trace tells of each of them,
// of the spans in which they lie, and of stacks of goroutines that grow.
package main

import (
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"time"
)

// A session has pointers, and a body without.
type session struct {
	id   int
	next *session
	body []byte
}

// A page has pointers and more than 512 bytes: the runtime puts a header
// before it.
type page struct {
	sessions [100]*session
}

var (
	table []int // large, and older than the trace
	kept  *session
	pages []*page
	tiny  []*int32
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

	debug.SetGCPercent(-1) // collect only when told to
	table = make([]int, 1<<15)
	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	serve(1000)
	runtime.GC() // frees nine sessions of ten

	// The next generation of the trace has other numbers for types.
	time.Sleep(1100 * time.Millisecond)
	done := make(chan int)
	go func() { done <- climb(200) }()
	<-done
	table, tiny, pages = nil, nil, []*page{new(page)}
	runtime.GC()
}

// serve makes sessions and keeps a tenth of them.
func serve(n int) {
	for i := 0; i < n; i++ {
		s := &session{id: i, body: make([]byte, 100)}
		if i%10 == 0 {
			s.next, kept = kept, s
		}
		if i%100 == 0 {
			pages = append(pages, new(page))
		}
		id := int32(i)
		tiny = append(tiny, &id)
	}
}

// climb needs a larger stack than a goroutine begins with.
func climb(n int) int {
	var steps [16]int
	if n > 0 {
		steps[n%16] = climb(n - 1)
	}
	return steps[n%16] + n
}
