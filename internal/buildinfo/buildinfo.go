// Package buildinfo owns the version stamped into the binary at link time. It knows nothing else.
package buildinfo

import (
	"runtime"
	"runtime/debug"
)

// Stamped by `make build` through -ldflags "-X …"; a plain `go build` leaves the defaults.
var (
	version = "dev"
	commit  = ""
	date    = ""
)

// Info describes the running binary.
type Info struct {
	Version   string `json:"version"`    // tag, or "dev" for an unstamped build
	Commit    string `json:"commit"`     // git commit, empty when unknown
	Date      string `json:"date"`       // commit date, RFC 3339 UTC, empty when unknown
	GoVersion string `json:"go_version"` // compiler
	Platform  string `json:"platform"`   // GOOS/GOARCH
}

// Get returns the stamped values, falling back to what the Go toolchain recorded.
func Get() Info {
	i := Info{Version: version, Commit: commit, Date: date, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	bi, ok := debug.ReadBuildInfo()
	if !ok {
		return i
	}
	for _, s := range bi.Settings {
		switch {
		case s.Key == "vcs.revision" && i.Commit == "":
			i.Commit = s.Value
		case s.Key == "vcs.time" && i.Date == "":
			i.Date = s.Value
		}
	}
	return i
}
