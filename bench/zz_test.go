package main
import "testing"
func BenchmarkLBFGS2(b *testing.B) { for b.Loop() { solve("lbfgs", 2, 1e9) } }
func BenchmarkLBFGS1000(b *testing.B) { for b.Loop() { solve("lbfgs", 1000, 1e9) } }
func BenchmarkBFGS1000(b *testing.B) { for b.Loop() { solve("bfgs", 1000, 60) } }
func BenchmarkGonum1000(b *testing.B) { for b.Loop() { gonumSolve("bfgs", 1000, 60) } }
func BenchmarkGonumL1000(b *testing.B) { for b.Loop() { gonumSolve("lbfgs", 1000, 0) } }
