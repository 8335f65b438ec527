// Gen writes the assembly of package kernel, and the Go declarations of its functions.
package main

import (
	"bytes"
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// files are what is generated: NAME_asm_amd64.s and NAME_asm_amd64.go for each.
var files = []struct {
	name string
	make func(*build.Context)
}{
	{"peak", peak},
	{"gemm", gemm},
	{"vector", vector},
	{"update", writeUpdates},
	{"linear", linear},
}

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", ".", "the directory to write to")
	flag.Parse()
	for _, f := range files {
		c := build.NewContext()
		f.make(c)
		if err := write(c, filepath.Join(*dir, f.name+"_asm_amd64")); err != nil {
			log.Fatalf("%s: %v", f.name, err)
		}
	}
}

// kernelTypes are those of package kernel that its assembly knows.
var kernelTypes = func() *types.Package {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "../panel_amd64.go", nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	pkg, err := (&types.Config{Importer: importer.Default()}).Check("opttui/internal/kernel", set, []*ast.File{file}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return pkg
}()

// function begins a function. Its arguments do not escape, and it calls nothing.
func function(c *build.Context, name, signature, doc string) {
	s, err := gotypes.ParseSignatureInPackage(kernelTypes, signature)
	if err != nil {
		log.Fatal(err)
	}
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Signature(s)
	c.Pragma("noescape")
	c.Doc(name + " " + doc)
}

// write writes path.s and path.go.
func write(c *build.Context, path string) error {
	file, err := c.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	cfg := printer.Config{Name: "internal/kernel/gen", Pkg: "kernel"}
	for suffix, p := range map[string]printer.Printer{".s": printer.NewGoAsm(cfg), ".go": printer.NewStubs(cfg)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		text = append(bytes.TrimSpace(text), '\n')
		if err := os.WriteFile(path+suffix, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
