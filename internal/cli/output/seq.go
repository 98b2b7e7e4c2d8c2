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

// Each is a stream of what is there already.
func Each[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range items {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Paged turns a stream of rows into a stream of views, size rows at a time, for views that take a query. An error passes
// through after what came before it.
func Paged[A, B any](items iter.Seq2[A, error], size int, views func([]A) ([]B, error)) iter.Seq2[B, error] {
	return func(yield func(B, error) bool) {
		var zero B
		page := make([]A, 0, size)
		flush := func() bool {
			if len(page) == 0 {
				return true
			}
			list, err := views(page)
			page = page[:0]
			if err != nil {
				yield(zero, err)
				return false
			}
			for _, v := range list {
				if !yield(v, nil) {
					return false
				}
			}
			return true
		}
		for v, err := range items {
			if err != nil {
				if flush() {
					yield(zero, err)
				}
				return
			}
			if page = append(page, v); len(page) == size && !flush() {
				return
			}
		}
		flush()
	}
}
