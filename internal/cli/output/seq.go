package output

import "iter"

// Map turns a stream of rows into a stream of views; an error passes through.
func Map[A, B any](items iter.Seq2[A, error], view func(A) B) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		for v, err := range items {
			if err != nil {
				var zero B
				yield(zero, err)
				return
			}
			if !yield(view(v), nil) {
				return
			}
		}
	}
}
