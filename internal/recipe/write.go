package recipe

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// lineWidth is how long a value may be that is written on one line.
const lineWidth = 110

// Write writes the recipe as JSON that Read reads to an equal one. The same recipe gives the same text; what is short
// stands on one line.
func (r *Recipe) Write(out io.Writer) error {
	var compact bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return err
	}
	n, err := parse(compact.Bytes())
	if err != nil {
		return err
	}
	var b strings.Builder
	n.write(&b, "", true)
	b.WriteByte('\n')
	_, err = io.WriteString(out, b.String())
	return err
}

// write appends the value, indented; spread puts the parts of the value itself on lines of their own.
func (n *node) write(b *strings.Builder, indent string, spread bool) {
	if n.raw != nil {
		b.Write(n.raw)
		return
	}
	left, right := "{", "}"
	if n.kind == array {
		left, right = "[", "]"
	}
	inner, between, end := indent, ", ", ""
	if spread = spread || len(indent)+n.width() > lineWidth; spread {
		inner = indent + "  "
		between, end = ",\n"+inner, "\n"+indent
	}
	b.WriteString(left)
	if spread {
		b.WriteString("\n" + inner)
	}
	for i, f := range n.fields {
		if i > 0 {
			b.WriteString(between)
		}
		name, _ := json.Marshal(f.name)
		b.Write(name)
		b.WriteString(": ")
		f.value.write(b, inner, false)
	}
	for i, item := range n.items {
		if i > 0 {
			b.WriteString(between)
		}
		item.write(b, inner, false)
	}
	b.WriteString(end + right)
}

// width is how many bytes the value takes on one line.
func (n *node) width() int {
	if n.raw != nil {
		return len(n.raw)
	}
	w := 2
	for _, f := range n.fields {
		w += len(f.name) + 6 + f.value.width()
	}
	for _, item := range n.items {
		w += 2 + item.width()
	}
	return w
}
