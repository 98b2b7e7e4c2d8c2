package lightningsim

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/axisor/axisor/pkg/exactjson"
)

// saved is what a node keeps between its runs.
type saved struct {
	Key      string     `json:"key"` // made up, and guards nothing
	Invoices []*Invoice `json:"invoices"`
}

// load reads the state of an earlier run, if there was one.
func (s *Sim) load() error {
	if s.o.StateFile == "" {
		return nil
	}
	raw, err := os.ReadFile(s.o.StateFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	var old saved
	if err := exactjson.Unmarshal(raw, &old); err != nil {
		return fmt.Errorf("read state %s: %w", s.o.StateFile, err)
	}
	key, err := hex.DecodeString(old.Key)
	if err != nil {
		return fmt.Errorf("read state %s: %w", s.o.StateFile, err)
	}
	s.key, s.invoices = secp256k1.PrivKeyFromBytes(key), old.Invoices
	for _, v := range s.invoices {
		s.byHash[hex.EncodeToString(v.Hash[:])] = v
	}
	return nil
}

// save writes the state in one step. The caller holds the lock.
func (s *Sim) save() error {
	if s.o.StateFile == "" {
		return nil
	}
	raw, err := json.Marshal(saved{hex.EncodeToString(s.key.Serialize()), s.invoices})
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	partial := s.o.StateFile + ".partial"
	if err := os.WriteFile(partial, raw, 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(partial, s.o.StateFile); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}
