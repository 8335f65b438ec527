package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"opttui/internal/critical"
	"opttui/internal/problems"
	"opttui/internal/usage"
)

// Of each dimension several fields are looked at: one has few critical points in one or two dimensions. Starts lie in
// a box that is many times as wide as the field's hills.
const (
	saddleFields = 10
	saddleBox    = 10
	maxSaddleDim = 300
)

var saddleFormats = []string{"table", "json", "csv"}

func saddlesCommand() *cobra.Command {
	var dims, tries, seed, format string
	cmd := &cobra.Command{
		Use:   "saddles",
		Short: "Find critical points of random functions and count the saddles among them",
		Long: fmt.Sprintf(`Find critical points of random functions of 1, 2, … 50 variables and tell which kinds they are of. The more
dimensions, the more of them are saddles, and the higher a saddle lies, the more directions lead down from it:
see Bray & Dean 2007, Dauphin et al. 2014, and Goodfellow, Bengio & Courville 2016, § 8.2.3.

The functions are the fields of the problem random_field without its bowl: sums of random waves that look the
same everywhere and in all directions. From each start, chosen uniformly in a box, the Levenberg–Marquardt method
on ½‖∇f‖² goes to a zero of the gradient, whatever kind it is of. A point counts when ‖∇f‖ has fallen to 1e-10 of
what it was at the start, once however often it is found; its kind is told by the eigenvalues of the Hessian.

The columns:
  n        number of variables
  tries    starts, spread over %d fields: field_seed = %d·S … %d·S+%d for --seed S
  points   different critical points; of the other tries, some came to a point again ("again"), and some
           ended where the gradient is small but not zero ("lost")
  minima, saddles, maxima   their shares, and a bar for the saddles
  index    mean share of negative eigenvalues: 0 at minima, 1 at maxima
  low, mid, high            the same for the lowest, the middle and the highest third of the values f
  corr     correlation of a point's share of negative eigenvalues with f

The search is not fair: it finds points with a wide basin more often than others, and minima and maxima more
seldom than saddles. For these fields the true shares can be computed (Kac–Rice formula). In 2 dimensions they are
25 %% minima and 25 %% maxima, and the search finds those shares to within 1 %%; in 3, where 12 %% are minima, it finds
11 %%; in 5 it finds 2.0 %% where 2.9 %% are, in 7 it finds 0.3 %% where 0.7 %% are. The mean index and its relation to f
suffer little.

The same command prints the same figures, on any number of processors. Ctrl-c ends the search; what was found by
then is printed, with exit code 130.`, saddleFields, saddleFields, saddleFields, saddleFields-1),
		Example: `  opttui saddles
  opttui saddles --dim 2,3,4,5,6,7,8 --tries 5000
  opttui saddles --dim 100 --tries 50 --seed 2 --format json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.StringVar(&dims, "dim", "1,2,3,5,10,20,50", "`numbers` of variables, separated by commas")
	fs.StringVar(&tries, "tries", "500", "`number` of starts for each dimension")
	fs.StringVar(&seed, "seed", "1", "`number` that fields and starts are drawn from")
	fs.StringVar(&format, "format", "table", "`name` of the format: table, json or csv")
	completeNothing(cmd, "dim", "tries", "seed")
	complete(cmd, "format", func() []string { return saddleFormats })

	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var s saddles
		for _, text := range strings.Split(dims, ",") {
			n, err := parseWhole("dim", text, 1, maxSaddleDim)
			if err != nil {
				return err
			}
			s.dims = append(s.dims, n)
		}
		var err error
		if s.tries, err = parseWhole("tries", tries, 1, 1e6); err != nil {
			return err
		}
		if s.seed, err = parseWhole("seed", seed, 1, 1e8-1); err != nil {
			return err
		}
		print := map[string]func(io.Writer) saddlePrinter{
			"table": newSaddleTable, "json": newSaddleJSON, "csv": newSaddleCSV,
		}[format]
		if print == nil {
			return usage.Unknown("format", format, saddleFormats)
		}
		return s.run(cmd.Context(), print(cmd.OutOrStdout()))
	}
	return cmd
}

// saddles is a search in several dimensions.
type saddles struct {
	dims        []int
	tries, seed int
}

// saddleRow is what was found in n dimensions.
type saddleRow struct {
	n int
	critical.Found
	critical.Kinds
}

// saddlePrinter writes rows as they come.
type saddlePrinter interface {
	row(r saddleRow) error
	end() error
}

// run searches one dimension after the other until a signal comes.
func (s saddles) run(ctx context.Context, out saddlePrinter) error {
	signal.Ignore(syscall.SIGPIPE) // a reader that has enough is no error
	signals, stop := catchOne()
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case sig := <-signals:
			cancel(&exitError{code: signalCode(sig)})
		case <-ctx.Done():
		}
	}()
	var err error
	for _, n := range s.dims {
		if r := s.look(ctx, n); r.Tries > 0 && err == nil {
			err = out.row(r)
		}
		if err != nil || ctx.Err() != nil {
			break
		}
	}
	if err == nil {
		err = out.end()
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

// look spreads the tries over the fields of n dimensions.
func (s saddles) look(ctx context.Context, n int) saddleRow {
	r := saddleRow{n: n}
	for k := range saddleFields {
		if ctx.Err() != nil {
			break
		}
		tries := (s.tries + k) / saddleFields // they add up
		found := critical.Search{
			Dim: n, Box: saddleBox, Seed: uint64(s.seed),
			New: func() critical.Function {
				return problems.RandomField(n, saddleFields*s.seed+k, 0).(critical.Function)
			},
		}.Look(ctx, tries)
		r.Points = append(r.Points, found.Points...)
		r.Tries += found.Tries
		r.Again += found.Again
		r.Lost += found.Lost
	}
	r.Kinds = critical.KindsOf(n, r.Points)
	return r
}

// shares are the shares of the kinds among the points, NaN where there are none.
func (r saddleRow) shares() (minima, saddles, maxima float64) {
	all := float64(r.Kinds.All)
	return float64(r.Minima) / all, float64(r.Saddles) / all, float64(r.Maxima) / all
}

// saddleTable is for people. Its rows are printed as they are found, so its columns have fixed widths.
type saddleTable struct {
	w     io.Writer
	begun bool
}

const saddleBar = 20 // columns

func newSaddleTable(w io.Writer) saddlePrinter { return &saddleTable{w: w} }

func (t *saddleTable) row(r saddleRow) error {
	if !t.begun {
		t.begun = true
		if _, err := fmt.Fprintf(t.w, "%4s %7s %7s %6s %6s  %6s %7s %6s  %*s  %5s  %5s %5s %5s  %5s\n", "n", "tries", "points", "again", "lost",
			"minima", "saddles", "maxima", -saddleBar, "share of saddles", "index", "low", "mid", "high", "corr"); err != nil {
			return err
		}
	}
	minima, saddles, maxima := r.shares()
	_, err := fmt.Fprintf(t.w, "%4d %7d %7d %6d %6d  %6s %7s %6s  %s  %5s  %5s %5s %5s  %5s\n",
		r.n, r.Tries, r.Kinds.All, r.Again, r.Lost, percent(minima), percent(saddles), percent(maxima), bar(saddles, saddleBar),
		decimal(r.Index), decimal(r.ByValue[0]), decimal(r.ByValue[1]), decimal(r.ByValue[2]), decimal(r.Correlation))
	return err
}

func (t *saddleTable) end() error { return nil }

func percent(share float64) string {
	if math.IsNaN(share) {
		return "–"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + "%"
}

func decimal(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// bar is a bar of the given width, of which a share is full.
func bar(share float64, width int) string {
	full := 0
	if share > 0 { // not NaN
		full = int(math.Round(share * float64(width)))
	}
	return strings.Repeat("█", full) + strings.Repeat("·", width-full)
}

// saddleRecord is a row for machines. What does not exist is null in JSON and empty in CSV.
type saddleRecord struct {
	Dim         int      `json:"dim"`
	Tries       int      `json:"tries"`
	Points      int      `json:"points"`
	Again       int      `json:"again"`
	Lost        int      `json:"lost"`
	Minima      int      `json:"minima"`
	Saddles     int      `json:"saddles"`
	Maxima      int      `json:"maxima"`
	Index       *float64 `json:"index"`
	IndexLow    *float64 `json:"index_low"`
	IndexMiddle *float64 `json:"index_middle"`
	IndexHigh   *float64 `json:"index_high"`
	Correlation *float64 `json:"correlation"`
}

func recordOf(r saddleRow) saddleRecord {
	there := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	return saddleRecord{
		r.n, r.Tries, r.Kinds.All, r.Again, r.Lost, r.Minima, r.Saddles, r.Maxima,
		there(r.Index), there(r.ByValue[0]), there(r.ByValue[1]), there(r.ByValue[2]), there(r.Correlation),
	}
}

// saddleJSON collects the rows for one array.
type saddleJSON struct {
	w    io.Writer
	rows []saddleRecord
}

func newSaddleJSON(w io.Writer) saddlePrinter { return &saddleJSON{w: w, rows: []saddleRecord{}} }

func (j *saddleJSON) row(r saddleRow) error {
	j.rows = append(j.rows, recordOf(r))
	return nil
}

func (j *saddleJSON) end() error {
	return writeJSON(j.w, j.rows)
}

// saddleCSV writes a line for each dimension.
type saddleCSV struct {
	w     *csv.Writer
	begun bool
}

func newSaddleCSV(w io.Writer) saddlePrinter { return &saddleCSV{w: csv.NewWriter(w)} }

func (c *saddleCSV) row(r saddleRow) error {
	if !c.begun {
		c.begun = true
		_ = c.w.Write(strings.Split("dim,tries,points,again,lost,minima,saddles,maxima,index,index_low,index_middle,index_high,correlation", ","))
	}
	d := recordOf(r)
	var cells []string
	for _, n := range []int{d.Dim, d.Tries, d.Points, d.Again, d.Lost, d.Minima, d.Saddles, d.Maxima} {
		cells = append(cells, strconv.Itoa(n))
	}
	for _, v := range []*float64{d.Index, d.IndexLow, d.IndexMiddle, d.IndexHigh, d.Correlation} {
		cell := ""
		if v != nil {
			cell = strconv.FormatFloat(*v, 'g', -1, 64)
		}
		cells = append(cells, cell)
	}
	_ = c.w.Write(cells)
	c.w.Flush()
	return c.w.Error()
}

func (c *saddleCSV) end() error { return c.w.Error() }
