package ui

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"time"

	"opttui/internal/export"
	"opttui/internal/optim"
	"opttui/internal/plot"
	"opttui/internal/problems"
	"opttui/internal/recipe"
	"opttui/internal/train"
)

// exported are the kinds of files that E writes. Each kind looks at the screen as it is when it is chosen, and returns what
// makes the files of that; they are made beside the screen.
var exported = []struct {
	name, title string
	files       func(m *Model) ([]artefact, error)
}{
	{"recipe", "all runs with their commands, as JSON: opttui replay and --recipe take it", (*Model).recipeFile},
	{"csv", "the loss, learning rate and evaluations of the selected run, as a table", historyFile("csv", export.CSV)},
	{"jsonl", "the same as lines of JSON", historyFile("jsonl", export.JSONL)},
	{"tensorboard", "the same as a file of events for TensorBoard", historyFile("tfevents", export.Events)},
	{"curves", "the loss curves, as SVG and PNG for slides", (*Model).curveFiles},
	{"landscape", "the landscape with the paths, as SVG and PNG for slides", (*Model).landscapeFiles},
	{"screen", "the whole screen, as SVG", (*Model).screenFile},
	{"schedule", "the selected run's learning rate as it was, for --schedule manual:file, and as Python for PyTorch and Optax", (*Model).scheduleFiles},
}

// pickExport asks what to write.
func (m *Model) pickExport() {
	if m.guest != nil {
		m.refuse(noFiles)
		return
	}
	var all []choice
	for _, e := range exported {
		all = append(all, choice{name: e.name, title: e.title})
	}
	m.open("write to the folder where opttui was started", all, "", func(c choice) {
		for _, e := range exported {
			if e.name != c.name {
				continue
			}
			files, err := e.files(m)
			if err != nil {
				m.refuse("%v", err)
				return
			}
			m.save(e.name+"-"+m.lane().snap.Spec.Problem, files...)
		}
	})
}

func (m *Model) recipeFile() ([]artefact, error) {
	var runs []*train.Snapshot
	steps := 0
	for _, l := range m.lanes {
		runs, steps = append(runs, l.snap), max(steps, l.snap.Step)
	}
	v := recipe.View{
		Speed: recipe.Speed(m.speed), Select: m.sel + 1, Picture: recipe.Pictures[m.world.picture],
		Axis: recipe.Axes[m.xaxis], Linear: m.linear, Smoothings: m.means, Steps: steps,
	}
	if alpha := alphas[m.alpha]; alpha == alpha {
		v.Smoothing = &alpha
	}
	return []artefact{{"json", func(w io.Writer) error {
		r, err := recipe.Of(runs...)
		if err != nil {
			return err
		}
		r.View = v
		return r.Write(w)
	}}}, nil
}

// historyFile is a table of the selected run's history.
func historyFile(ending string, write func(io.Writer, export.History) error) func(*Model) ([]artefact, error) {
	return func(m *Model) ([]artefact, error) {
		s := m.lane().snap
		return []artefact{{ending, func(w io.Writer) error {
			h := export.History{View: s.History, Started: time.Now().Add(-time.Duration(s.Seconds * float64(time.Second)))}
			if _, ok := s.Setting("optimizer.lr"); ok {
				h.Rates, _, _ = train.Rates(m.ctx, s.Origin, s.Journal, s.Step) // a table without rates is better than none
			}
			return write(w, h)
		}}}, nil
	}
}

func (m *Model) scheduleFiles() ([]artefact, error) {
	s := m.lane().snap
	if _, ok := s.Setting("optimizer.lr"); !ok {
		return nil, fmt.Errorf("%s has no learning rate", s.Optimizer.Name)
	}
	title := s.Optimizer.Name + " on " + s.Spec.Problem
	var points []optim.RatePoint
	var exact bool
	return []artefact{
		{"json", func(w io.Writer) (err error) {
			if points, exact, err = train.Rates(m.ctx, s.Origin, s.Journal, s.Step); err != nil {
				return err
			}
			return export.Rates(w, points)
		}},
		{"py", func(w io.Writer) error { return export.Python(w, title, points, exact) }}, // written second
	}, nil
}

// both are the same picture as SVG and PNG.
func both(draw func(w io.Writer, format string) error) []artefact {
	var files []artefact
	for _, format := range []string{"svg", "png"} {
		files = append(files, artefact{format, func(w io.Writer) error { return draw(w, format) }})
	}
	return files
}

func (m *Model) curveFiles() ([]artefact, error) {
	c := m.chart // drawn at least once: its series are those of the last frame
	c.Series, c.Marks = append([]plot.Series(nil), c.Series...), append([]plot.Mark(nil), c.Marks...)
	c.XLabel, c.YLabel = axisNames[m.xaxis], "loss"
	named := make(map[rune]string)
	for i, l := range m.lanes {
		named[l.marker] = fmt.Sprintf("%d %s", i+1, l.label())
	}
	for i := range c.Series {
		c.Series[i].Name = named[c.Series[i].Marker]
	}
	title := m.lane().snap.Problem.Title
	return both(func(w io.Writer, format string) error { return plot.ExportCurves(w, format, title, &c) }), nil
}

// exportColumns and exportRows are the size of an exported landscape, in points.
const exportColumns, exportRows = 320, 240

func (m *Model) landscapeFiles() ([]artefact, error) {
	if m.world.picture != pictureLandscape {
		return nil, fmt.Errorf("there is no landscape of two variables on the screen: screen writes what there is")
	}
	p, view := m.world.problem.Clone(), m.world.view
	l := plot.Landscape{Title: m.world.spec.Title, XLabel: "x", YLabel: "y"}
	for i, lane := range m.lanes {
		path := plot.ExportPath{Name: fmt.Sprintf("%d %s", i+1, lane.label()), Color: lane.color}
		for _, q := range lane.walked() {
			path.Points = append(path.Points, [2]float64{q.X, q.Y})
		}
		l.Paths = append(l.Paths, path)
	}
	low := math.NaN()
	for _, k := range m.world.minima() {
		l.Minima = append(l.Minima, [2]float64{k.X[0], k.X[1]})
		if k.Global {
			low = k.F
		}
	}
	if s := m.lane().snap; len(s.Start) == 2 {
		l.Start = [][2]float64{{s.Start[0], s.Start[1]}}
	}
	f := problems.OfTwo(p)
	return both(func(w io.Writer, format string) error {
		if l.Field == nil {
			l.Field = plot.NewField(f, view, exportColumns, exportRows, low)
		}
		return plot.ExportLandscape(w, format, l)
	}), nil
}

func (m *Model) screenFile() ([]artefact, error) {
	m.picker = nil
	m.render()
	var b bytes.Buffer
	if err := plot.ScreenSVG(&b, m.screen, plot.ScreenOptions{Title: "opttui"}); err != nil {
		return nil, err
	}
	return []artefact{{"svg", func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }}}, nil
}
