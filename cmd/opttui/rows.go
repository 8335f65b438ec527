package main

import (
	"io"
	"strconv"

	"opttui/internal/curvature"
	"opttui/internal/problems"
	"opttui/internal/train"
)

// encoder writes the rows of a headless run as JSON lines or CSV. It appends to one buffer: a row costs no
// allocation.
type encoder struct {
	w       io.Writer
	run     *train.Run
	csv     bool
	hasRate bool
	buf     []byte
	last    int // step of the last row, −1 before the first

	curvature *curvature.Measurer // nil where it is not wanted
}

func newEncoder(w io.Writer, run *train.Run, csv bool) *encoder {
	return &encoder{w: w, run: run, csv: csv, hasRate: run.HasRate(), last: -1}
}

// header writes the names of the columns, which JSON lines do not need.
func (e *encoder) header() error {
	if !e.csv {
		return nil
	}
	b := append(e.buf[:0], "step,loss,lr,grad_norm"...)
	for i := range e.run.X() {
		b = append(b, ",x"...)
		b = strconv.AppendInt(b, int64(i+1), 10)
	}
	if e.run.Scored() {
		b = append(b, ",epoch,train_loss,test_loss,train_accuracy,test_accuracy"...)
	}
	if e.curvature != nil {
		b = append(b, curvatureHeader...)
	}
	return e.write(b)
}

// row writes the run as it stands, with the score of a model where one is due.
func (e *encoder) row(final bool) error {
	score, judged := e.score(final)
	e.last = e.run.Step()
	if e.csv {
		return e.write(e.appendCSV(e.buf[:0], score, judged))
	}
	return e.write(e.appendJSON(e.buf[:0], score, judged))
}

func (e *encoder) write(b []byte) error {
	e.buf = append(b, '\n')
	_, err := e.w.Write(e.buf)
	return err
}

// score returns what a model is worth at the row's own step: on the last row, and wherever the run has taken
// a score since the row before.
func (e *encoder) score(final bool) (problems.Score, bool) {
	if !e.run.Scored() || e.run.Diverged() {
		return problems.Score{}, false
	}
	last, ok := e.run.LastScore()
	switch {
	case ok && last.Step == e.run.Step():
		return last.Score, true
	case final || ok && last.Step > e.last:
		return e.run.Judge(), true
	default:
		return problems.Score{}, false
	}
}

func (e *encoder) appendJSON(b []byte, score problems.Score, judged bool) []byte {
	r := e.run
	b = append(b, `{"step":`...)
	b = strconv.AppendInt(b, int64(r.Step()), 10)
	b = append(b, `,"loss":`...)
	b = appendFloat(b, r.Loss())
	b = append(b, `,"x":[`...)
	for i, x := range r.X() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendFloat(b, x)
	}
	b = append(b, `],"lr":`...)
	if e.hasRate {
		b = appendFloat(b, r.LR())
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"grad_norm":`...)
	b = appendFloat(b, r.GradNorm())
	if judged {
		b = append(b, `,"epoch":`...)
		b = appendFloat(b, r.Epoch())
		b = append(b, `,"train_loss":`...)
		b = appendFloat(b, score.TrainLoss)
		b = append(b, `,"test_loss":`...)
		b = appendFloat(b, score.TestLoss)
		b = append(b, `,"train_accuracy":`...)
		b = appendFloat(b, score.TrainAccuracy)
		b = append(b, `,"test_accuracy":`...)
		b = appendFloat(b, score.TestAccuracy)
	}
	if r.Diverged() {
		b = append(b, `,"diverged":true`...)
	}
	if e.curvature != nil {
		b = appendCurvature(b, e.curvature.Measure(r.Probe()))
	}
	return append(b, '}')
}

// appendFloat writes v in full precision. JSON has no word for what is not finite: that is null.
func appendFloat(b []byte, v float64) []byte {
	if v-v != 0 {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func (e *encoder) appendCSV(b []byte, score problems.Score, judged bool) []byte {
	r := e.run
	b = strconv.AppendInt(b, int64(r.Step()), 10)
	b = appendCell(b, r.Loss())
	if e.hasRate {
		b = appendCell(b, r.LR())
	} else {
		b = append(b, ',')
	}
	b = appendCell(b, r.GradNorm())
	for _, x := range r.X() {
		b = appendCell(b, x)
	}
	switch {
	case judged:
		b = appendCell(b, r.Epoch())
		b = appendCell(b, score.TrainLoss)
		b = appendCell(b, score.TestLoss)
		b = appendCell(b, score.TrainAccuracy)
		b = appendCell(b, score.TestAccuracy)
	case r.Scored():
		b = append(b, ",,,,,"...)
	}
	if e.curvature != nil {
		b = appendCurvatureCells(b, e.curvature.Measure(r.Probe()))
	}
	return b
}

// appendCell writes a comma and v, NaN and ±Inf by these names.
func appendCell(b []byte, v float64) []byte {
	return strconv.AppendFloat(append(b, ','), v, 'g', -1, 64)
}
