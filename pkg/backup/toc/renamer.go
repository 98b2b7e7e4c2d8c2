package toc

import "io"

// Renamer passes an archive on with other names for some roles.
type Renamer struct {
	to    io.Writer
	names map[string]string
	head  []byte
	try   int
	done  bool
}

// NewRenamer writes to w.
func NewRenamer(w io.Writer, names map[string]string) *Renamer {
	return &Renamer{to: w, names: names}
}

// Write takes the next bytes. Nothing is passed on before the table of contents is complete.
func (r *Renamer) Write(p []byte) (int, error) {
	if r.done {
		return r.to.Write(p)
	}
	r.head = append(r.head, p...)
	if len(r.head) < r.try {
		return len(p), nil
	}
	return len(p), r.begin()
}

func (r *Renamer) begin() error {
	c, err := Parse(r.head)
	if Incomplete(err) {
		r.try = max(firstTry, 2*len(r.head))
		return nil
	}
	if err != nil {
		return err
	}
	rest := r.head[c.Size():]
	r.head, r.done = nil, true
	if _, err := r.to.Write(c.Renamed(r.names)); err != nil {
		return err
	}
	_, err = r.to.Write(rest)
	return err
}

// Close passes on what is left of a short archive.
func (r *Renamer) Close() error {
	if r.done {
		return nil
	}
	if err := r.begin(); err != nil {
		return err
	}
	if !r.done {
		return errShort
	}
	return nil
}
