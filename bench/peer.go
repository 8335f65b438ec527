package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// peer is the Python process, which rests while nothing is asked of it.
type peer struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Scanner
	versions map[string]string
}

func newPeer(python, script string) (*peer, error) {
	p := &peer{cmd: exec.Command(python, script)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, p.read(&p.versions)
}

func (p *peer) read(answer any) error {
	if !p.out.Scan() {
		return fmt.Errorf("the peers' process has ended: %w", io.ErrUnexpectedEOF)
	}
	return json.Unmarshal(p.out.Bytes(), answer)
}

// ask sends one question and reads its answer.
func (p *peer) ask(question, answer any) error {
	line, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return err
	}
	return p.read(answer)
}

func (p *peer) close() {
	p.in.Close()
	_ = p.cmd.Wait()
}

// task is a piece of work in the Python process.
type task struct {
	peer *peer
	id   int
}

func (p *peer) prepare(work string, args map[string]any) (*task, error) {
	t := &task{peer: p}
	var a struct{ ID int }
	err := p.ask(map[string]any{"work": work, "args": args}, &a)
	t.id = a.ID
	return t, err
}

func (t *task) seconds(count int) (float64, error) {
	var a struct{ Seconds float64 }
	err := t.peer.ask(map[string]any{"id": t.id, "count": count}, &a)
	return a.Seconds, err
}

func (t *task) value() (float64, error) {
	var a struct{ Value float64 }
	err := t.peer.ask(map[string]any{"id": t.id}, &a)
	return a.Value, err
}

// close frees its memory. A process that has ended has freed it already.
func (t *task) close() {
	var a struct{}
	_ = t.peer.ask(map[string]any{"id": t.id, "drop": true}, &a)
}
