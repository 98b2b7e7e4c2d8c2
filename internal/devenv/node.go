package devenv

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"github.com/axisor/axisor/internal/lightningsim"
)

// NodeNetwork is the network of the simulated node: its invoices can be mistaken for nobody's money.
const NodeNetwork = "regtest"

// NodePrefix is what invoices of that network begin with.
const NodePrefix = "lnbcrt"

// ErrNodeDown is returned when the simulated Lightning node of the folder does not run.
var ErrNodeDown = errors.New("the simulated Lightning node of this folder is not running")

var paymentsSection = regexp.MustCompile(`(?m)^payments:`)

func (e *Env) macaroonFile() string  { return filepath.Join(e.node.dir, "invoice.macaroon") }
func (e *Env) lnbitsKeyFile() string { return filepath.Join(e.node.dir, "lnbits.key") }

// writeNodeKeys writes the keys that the simulator accepts. They are in its source, and guard nothing.
func (e *Env) writeNodeKeys() error {
	macaroon, err := hex.DecodeString(lightningsim.Macaroon)
	if err != nil {
		return fmt.Errorf("write the node's keys: %w", err)
	}
	for file, content := range map[string][]byte{e.macaroonFile(): macaroon, e.lnbitsKeyFile(): []byte(lightningsim.LNbitsKey + "\n")} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return fmt.Errorf("write the node's keys: %w", err)
		}
	}
	return nil
}

func (e *Env) paymentsConfig(nodeID string) string {
	return `payments:
  backend: lnd # or lnbits: the same simulated node speaks both
  network: ` + NodeNetwork + `
  node_id: "` + nodeID + `" ` + kept + `
  lnd_url: "` + e.NodeURL() + `" ` + kept + `
  lnd_macaroon_file: "` + e.macaroonFile() + `"
  lnbits_url: "` + e.NodeURL() + `" ` + kept + `
  lnbits_key_file: "` + e.lnbitsKeyFile() + `"
`
}

// Node steers the running Lightning node of a folder.
type Node struct{ c *Control }

// Node returns the handle on the running node.
func (e *Env) Node() (*Node, error) {
	c, err := e.node.steer(ErrNodeDown)
	if err != nil {
		return nil, err
	}
	return &Node{c}, nil
}

func (e *Env) nodeID(ctx context.Context) (string, error) {
	n, err := e.Node()
	if err != nil {
		return "", err
	}
	s, err := n.State(ctx)
	return s.NodeID, err
}

// State is the node's id and its invoices, the oldest first.
func (n *Node) State(ctx context.Context) (lightningsim.State, error) {
	var s lightningsim.State
	return s, n.c.do(ctx, http.MethodGet, "/state", nil, &s)
}

// Pay pays an invoice in full, as a stranger's wallet would.
func (n *Node) Pay(ctx context.Context, hash string) error {
	return n.c.do(ctx, http.MethodPost, "/settle/"+hash, nil, nil)
}

// Cancel takes an invoice back.
func (n *Node) Cancel(ctx context.Context, hash string) error {
	return n.c.do(ctx, http.MethodPost, "/cancel/"+hash, nil, nil)
}
