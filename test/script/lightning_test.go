package script

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/axisor/axisor/internal/lightningsim"
)

type nodeKey struct{}

// lightning gives the script a Lightning node that speaks as lnd or lnbits, and configures it: lightning lnd.
func lightning(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lightning lnd|lnbits")
	}
	sim := lightningsim.NewServer(tb(ts), time.Now)
	ts.Value(nodeKey{}).(*nodeHolder).sim = sim
	macaroon, err := hex.DecodeString(lightningsim.Macaroon)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("lnd.macaroon"), macaroon, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("lnbits.key"), []byte(lightningsim.LNbitsKey), 0o600))
	ts.Setenv("AXISOR_PAYMENTS_BACKEND", args[0])
	ts.Setenv("AXISOR_PAYMENTS_NODE_ID", sim.NodeID())
	ts.Setenv("AXISOR_PAYMENTS_LND_URL", sim.URL)
	ts.Setenv("AXISOR_PAYMENTS_LND_MACAROON_FILE", ts.MkAbs("lnd.macaroon"))
	ts.Setenv("AXISOR_PAYMENTS_LNBITS_URL", sim.URL)
	ts.Setenv("AXISOR_PAYMENTS_LNBITS_KEY_FILE", ts.MkAbs("lnbits.key"))
}

type nodeHolder struct{ sim *lightningsim.Server }

// node makes the node act: node settle|cancel FILE with a payment's JSON in it, node fail STATUS, node cut, node heal.
func node(ts *testscript.TestScript, neg bool, args []string) {
	sim := ts.Value(nodeKey{}).(*nodeHolder).sim
	if neg || len(args) == 0 || sim == nil {
		ts.Fatalf("usage: lightning lnd, then node settle|cancel FILE, node fail STATUS, node cut, node heal")
	}
	switch strings.Join(args[:1], "") {
	case "settle":
		ts.Check(sim.Settle(paymentHash(ts, args[1]), time.Now(), 0))
	case "cancel":
		ts.Check(sim.Set(paymentHash(ts, args[1]), lightningsim.Cancelled))
	case "fail":
		status := 0
		_, err := fmt.Sscan(args[1], &status)
		ts.Check(err)
		sim.Fail(lightningsim.Fault{Status: status})
	case "cut":
		sim.Fail(lightningsim.Fault{Cut: true, Times: 1})
	case "heal":
		sim.Heal()
	default:
		ts.Fatalf("node: unknown order %q", args[0])
	}
}

func paymentHash(ts *testscript.TestScript, file string) string {
	var v struct {
		Hash string `json:"payment_hash"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &v))
	return v.Hash
}

// overdue waits until so many pending payments are past their expiry: overdue 2.
func overdue(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: overdue N")
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		ts.Check(ts.Exec("axisor", "payment", "list", "--overdue", "-q"))
		if fmt.Sprint(len(strings.Fields(ts.ReadFile("stdout")))) == args[0] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not %s payments are overdue: %s", args[0], ts.ReadFile("stdout"))
		}
	}
}
