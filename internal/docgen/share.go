package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// packaged writes what a package puts below /usr/share: compressed man pages and completions. The same program
// and date give the same bytes.
func packaged(dir, version, date string) error {
	at, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return fmt.Errorf("-date %q: must be RFC 3339", date)
	}
	root := tree()
	for name, text := range (manual{version: version, date: at}).pages(root) {
		zipped, err := compress(text)
		if err != nil {
			return err
		}
		section := filepath.Ext(name)[1:]
		if err := write(filepath.Join(dir, "man", "man"+section, name+".gz"), zipped); err != nil {
			return err
		}
	}
	return completions(root, dir)
}

func completions(root *cobra.Command, dir string) error {
	var bash, zsh, fish bytes.Buffer
	if err := root.GenBashCompletionV2(&bash, true); err != nil {
		return err
	}
	if err := root.GenZshCompletion(&zsh); err != nil {
		return err
	}
	if err := root.GenFishCompletion(&fish, true); err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		"bash-completion/completions/axisor":    bash.Bytes(),
		"zsh/vendor-completions/_axisor":        zsh.Bytes(),
		"fish/vendor_completions.d/axisor.fish": fish.Bytes(),
	} {
		if err := write(filepath.Join(dir, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	return nil
}

func compress(text string) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
