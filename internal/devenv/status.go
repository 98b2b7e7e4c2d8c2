package devenv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/axisor/axisor/internal/pgserver"
)

// States of a part.
const (
	Running = "running"
	Stopped = "stopped"
	Absent  = "absent"
)

// Part is one of the programs of the environment.
type Part struct {
	Name    string
	State   string
	Address string
	PID     int
	Log     string
	// TokenFile holds the token that orders to a simulator need, "" when there is none.
	TokenFile string
}

// Status says what the environment consists of and what of it runs.
type Status struct {
	Folder     string
	ConfigFile string // the file that points at this environment, "" when there is none
	ConfigOurs bool   // false: ./.axisor.yaml is the user's own and was left alone
	Parts      []Part
	Moved      string // where the database is, when its account cannot reach the folder
}

// Up reports whether every part runs.
func (s Status) Up() bool {
	for _, p := range s.Parts {
		if p.State != Running {
			return false
		}
	}
	return len(s.Parts) > 0
}

// Status looks without touching anything.
func (e *Env) Status(ctx context.Context) (Status, error) {
	s := Status{Folder: e.home}
	own, err := e.configIsOurs(e.configFile())
	if err != nil {
		return Status{}, err
	}
	s.ConfigOurs = own
	if own {
		s.ConfigFile = e.configFile()
	} else if spare, err := e.configIsOurs(e.spareConfig()); err == nil && spare {
		s.ConfigFile = e.spareConfig()
	}
	if e.pg.Moved() {
		s.Moved = e.pg.Dir()
	}
	db := Part{Name: "database", State: Absent, Log: e.pg.LogFile()}
	if e.Exists() {
		db.State = Stopped
		if e.pg.Running(ctx) {
			db.State, db.PID = Running, e.databasePID()
			db.Address = fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s", pgserver.SuperUser, e.pg.Port(), Database)
		}
	}
	s.Parts = []Part{db, e.sim.part("exchange", e.Exists()), e.node.part("lightning", e.Exists())}
	return s, nil
}

// databasePID reads the server's own note; 0 when it cannot be read.
func (e *Env) databasePID() int {
	raw, err := os.ReadFile(filepath.Join(e.pg.DataDir(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	return pid
}
