package lnsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/axisor/axisor/pkg/exactjson"
)

// save writes the state beside its file and moves it into place, so that a
// crash leaves the old state or the new one. Callers hold mu.
func (s *Sim) save() error {
	if s.file == "" {
		return nil
	}
	b, err := json.MarshalIndent(s.st, "", " ")
	if err != nil {
		return fmt.Errorf("encode exchange state: %w", err)
	}
	dir := filepath.Dir(s.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create folder of exchange state: %w", err)
	}
	// CreateTemp makes the file readable by its owner only.
	f, err := os.CreateTemp(dir, ".exchange-*")
	if err != nil {
		return fmt.Errorf("write exchange state: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write exchange state: %w", err), os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// syncDir makes a rename survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder of exchange state: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// load reads the state file; found is false when there is none.
func (s *Sim) load() (found bool, err error) {
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read exchange state: %w", err)
	}
	st := newState()
	if err := exactjson.Unmarshal(b, st); err != nil {
		return false, fmt.Errorf("read exchange state %s: %w", s.file, err)
	}
	if st.LastPrice <= 0 || st.Keys == nil {
		return false, fmt.Errorf("read exchange state %s: it has no price or no keys", s.file)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st = st
	s.index()
	return true, nil
}
