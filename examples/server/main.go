// Server answers a few HTTP requests on the loopback interface. Every request
// is a task with a region for each of its steps and some log lines, and starts
// a child task that outlives the response in a goroutine of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

const (
	clients  = 4
	requests = 6 // by each client
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

	if err := trace.Start(f); err != nil {
		log.Fatal(err)
	}
	defer trace.Stop()

	s := new(server)
	srv := httptest.NewServer(s)
	var wg sync.WaitGroup
	for c := 0; c < clients; c++ {
		wg.Add(1)
		go func(c int) {
			defer wg.Done()
			client(srv.URL, c)
		}(c)
	}
	wg.Wait()
	srv.Close()
	s.audits.Wait()
}

// client sends its requests one after the other. The last one is for a page
// that does not exist.
func client(url string, c int) {
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	for i := 0; i < requests; i++ {
		page := "page"
		if i == requests-1 {
			page = "missing"
		}
		resp, err := client.Get(fmt.Sprintf("%s/%s?client=%d&n=%d", url, page, c, i))
		if err != nil {
			log.Print(err)
			return
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// A server answers requests, one task for each.
type server struct {
	audits sync.WaitGroup
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, task := trace.NewTask(r.Context(), "request")
	defer task.End()
	trace.Log(ctx, "path", r.URL.Path)

	var client string
	trace.WithRegion(ctx, "decode", func() {
		client = r.URL.Query().Get("client")
		trace.Log(ctx, "client", client)
	})

	rows, err := query(ctx, r.URL.Path)
	status := http.StatusOK
	if err != nil {
		status = http.StatusNotFound
		trace.Log(ctx, "error", err.Error())
	}

	// The audit's task is a child of the request's.
	s.audits.Add(1)
	go func() {
		defer s.audits.Done()
		audit(ctx, status)
	}()

	defer trace.StartRegion(ctx, "render").End()
	w.WriteHeader(status)
	for _, row := range rows {
		fmt.Fprintf(w, "<li>%s for client %s</li>\n", row, client)
	}
	trace.Logf(ctx, "status", "%d", status)
}

// query pretends to ask a database, which takes a while.
func query(ctx context.Context, path string) ([]string, error) {
	defer trace.StartRegion(ctx, "query").End()
	time.Sleep(time.Millisecond)
	if path != "/page" {
		return nil, fmt.Errorf("no such page: %s", path)
	}
	rows := make([]string, 50)
	for i := range rows {
		rows[i] = fmt.Sprintf("row %d of %s", i, path)
	}
	trace.Logf(ctx, "rows", "%d", len(rows))
	return rows, nil
}

// audit writes down what became of a request, after the response is sent.
func audit(ctx context.Context, status int) {
	ctx, task := trace.NewTask(ctx, "audit")
	defer task.End()
	time.Sleep(2 * time.Millisecond)
	trace.Logf(ctx, "audit", "answered %d", status)
}
