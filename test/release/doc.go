// Package release builds what is published, for the machine that it runs on, and installs it into an empty root
// directory. `make release-check` runs it: it needs programs of Debian's package manager and systemd.
package release
