// Command bench compares this program with PyTorch, SciPy, NumPy and gonum on the same work, and writes what it finds
// into docs/benchmarks.md. Run it by bench/compare.sh, which sees to the peers. It is no part of the program.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"
)

// plan is how much is measured.
type plan struct {
	rounds int
	round  time.Duration // of one side in one round, about
	quick  bool          // the largest work is left out
	dir    string        // for the files that the peers read
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	python := flag.String("python", "/usr/bin/python3", "the peers' interpreter")
	page := flag.String("page", "docs/benchmarks.md", "the page to write into; empty for none")
	only := flag.String("only", "", "only work whose heading and name match this regular expression; the page is not written then")
	quick := flag.Bool("quick", false, "fewer and shorter rounds, without the largest work; the page is not written then")
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	p := plan{rounds: 9, round: 200 * time.Millisecond, quick: *quick}
	if p.quick {
		p.rounds, p.round = 3, 50*time.Millisecond
	}
	if p.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	peer, err := newPeer(*python, "bench/peer.py")
	if err != nil {
		return err
	}
	defer peer.close()

	var results []result
	for _, w := range works(p) {
		if !wanted.MatchString(w.heading + " " + w.name) {
			continue
		}
		r, err := measure(w, peer, p)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", w.heading, w.name, err)
		}
		for _, line := range r.lines() {
			fmt.Println(line)
		}
		results = append(results, r)
	}
	if *page == "" || *quick || *only != "" {
		return nil
	}
	return writePage(*page, results, peer.versions)
}

// measure alternates between all sides of a piece of work.
func measure(w work, peer *peer, p plan) (result, error) {
	sides, err := w.sides(peer)
	if err != nil {
		return result{}, err
	}
	defer func() {
		for _, s := range sides {
			s.close()
		}
	}()
	r := result{work: w, values: make([]float64, len(sides)), seconds: make([][]float64, len(sides))}
	counts := make([]int, len(sides))
	for i, s := range sides {
		if r.values[i], err = s.value(); err != nil {
			return r, err
		}
		if counts[i], err = enough(s, p.round); err != nil {
			return r, err
		}
	}
	if err := w.agree(r.values); err != nil {
		return r, err
	}
	for range p.rounds {
		for i, s := range sides {
			t, err := s.seconds(counts[i])
			if err != nil {
				return r, err
			}
			r.seconds[i] = append(r.seconds[i], t/float64(counts[i]))
		}
	}
	return r, nil
}

// enough finds how often the side has to do its work for a round of the given length.
func enough(s side, round time.Duration) (int, error) {
	for count := 1; ; {
		t, err := s.seconds(count)
		if err != nil {
			return 0, err
		}
		if t >= round.Seconds()/2 {
			return max(1, int(float64(count)*round.Seconds()/t)), nil
		}
		count *= int(min(max(2, 0.7*round.Seconds()/max(t, 1e-9)), 1000))
	}
}

func median(v []float64) float64 {
	v = slices.SortedFunc(slices.Values(v), cmp.Compare[float64])
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
