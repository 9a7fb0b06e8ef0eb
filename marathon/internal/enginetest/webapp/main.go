// Webapp is what the engine's tests put into containers. It behaves as its
// environment says: see the switch in main. It is no part of the product.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	switch os.Getenv("BEHAVIOUR") {
	case "exit":
		fmt.Println("\x1b[31mcannot find\x1b[0m the database")
		os.Exit(3)
	case "end":
		return
	case "gorge":
		gorge()
	}
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

// gorge uses memory until it is ended.
func gorge() {
	var all [][]byte
	for {
		all = append(all, []byte(strings.Repeat("x", 1<<20)))
		if len(all)%64 == 0 {
			fmt.Println(len(all), "MiB")
		}
	}
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var sick atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("TEXT")) })
	mux.HandleFunc("/env", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Join(os.Environ(), "\n")) })
	mux.HandleFunc("/hosts", showHosts)
	mux.HandleFunc("/print", printBoth)
	mux.HandleFunc("/reach", reach)
	mux.HandleFunc("/sicken", func(http.ResponseWriter, *http.Request) { sick.Store(true) })
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if sick.Load() || os.Getenv("BEHAVIOUR") == "sick" {
			http.Error(w, "not well", http.StatusInternalServerError)
		}
	})
	server := &http.Server{Addr: address(), Handler: mux}
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx) // ListenAndServe tells how it ended
	})
	fmt.Println("listening")
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// address is where it listens: on the machine's network, at the port that it was
// given there, and with "on-host-six" by IPv6 alone.
func address() string {
	switch os.Getenv("BEHAVIOUR") {
	case "on-host":
		return ":" + os.Getenv("PORT0")
	case "on-host-six":
		return "[::1]:" + os.Getenv("PORT0")
	}
	return ":8080"
}

// printBoth prints a text to both streams, and answers when it has.
func printBoth(_ http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(os.Stdout, r.URL.Query().Get("text"))
	fmt.Fprintln(os.Stderr, r.URL.Query().Get("text"))
}

// reach tells whether an address can be reached from here.
func reach(w http.ResponseWriter, r *http.Request) {
	conn, err := net.DialTimeout("tcp", r.URL.Query().Get("address"), time.Second)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_ = conn.Close()
}

func showHosts(w http.ResponseWriter, _ *http.Request) {
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%s", hosts)
}
