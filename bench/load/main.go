//go:build linux

// Load puts a server of opttui under load and reports how it bears it: so many SSH sessions at once, each with a running
// race and a key every second that changes what is to be seen. The server is a process of its own; the clients are real
// SSH clients in this one, on the same machine and the same processors.
//
//	go run ./bench/load -write docs/serving.md           the published figures: 100 sessions for a minute
//	go run ./bench/load -growth docs/session-memory.svg  the plot beside them
//	go run ./bench/load -seconds 10 -check               what CI looks at: what does not depend on the machine's speed
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var p plan
	var asServer, check bool
	flag.IntVar(&p.sessions, "sessions", 100, "number of sessions")
	seconds := flag.Float64("seconds", 60, "how long they last when all are there")
	flag.IntVar(&p.w, "width", 120, "columns of each terminal")
	flag.IntVar(&p.h, "height", 40, "rows of each terminal")
	flag.BoolVar(&p.unlimited, "unlimited", false, "let all runs go as fast as they can")
	flag.BoolVar(&check, "check", false, "exit with 1 where a session dies, something is left behind, or memory or bytes are beyond bounds")
	flag.StringVar(&p.page, "write", "", "write the result into this page of Markdown, between its marks")
	growth := flag.String("growth", "", "instead: measure 1, 10, 25, 50, 75, … sessions, and plot their memory to this SVG")
	flag.BoolVar(&asServer, "server", false, "be the server (for itself)")
	flag.StringVar(&p.profile, "profile", "", "write the server's CPU profile to this file")
	flag.Parse()
	if asServer {
		if err := beServer(p); err != nil {
			fatal(err)
		}
		return
	}
	p.span = time.Duration(*seconds * float64(time.Second))
	if *growth != "" {
		if err := p.grow(*growth); err != nil {
			fatal(err)
		}
		return
	}
	r, err := p.run()
	if err != nil {
		fatal(err)
	}
	fmt.Print(r)
	if p.page != "" {
		if err := r.write(p.page); err != nil {
			fatal(err)
		}
	}
	if faults := r.faults(); check && len(faults) > 0 {
		for _, f := range faults {
			fmt.Fprintln(os.Stderr, "load:", f)
		}
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}
