package devenv

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// steering is the path below which simulators take orders. What they simulate, prices, balances and payments, is
// for whoever started them to change, and not for every account and every web page on this machine.
const steering = "/sim"

// TokenFile is where the simulator with this state keeps the token that its orders need. It is made anew at each start.
func TokenFile(stateDir string) string { return filepath.Join(stateDir, "control.token") }

func makeToken(stateDir string) error { return writeFile(TokenFile(stateDir), rand.Text()+"\n") }

// readToken returns the token of the simulator that runs on this state.
func readToken(stateDir string) (string, error) {
	raw, err := os.ReadFile(TokenFile(stateDir))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the simulator has no token in %s, as those of older versions; stop it and start it again: axisor dev down; axisor dev up", TokenFile(stateDir))
	}
	if err != nil {
		return "", fmt.Errorf("read the simulator's token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if token == "" {
		return "", fmt.Errorf("the token in %s is empty; stop the simulator and start it again: axisor dev down; axisor dev up", TokenFile(stateDir))
	}
	return token, nil
}

// Guarded is a simulator's handler that takes orders only with the token that Claim made: 401 without it. Requests
// that a web page makes, in a browser on this machine, are refused with 403 whatever they hold.
func Guarded(stateDir string, next http.Handler) (http.Handler, error) {
	token, err := readToken(stateDir)
	if err != nil {
		return nil, err
	}
	want := []byte("Bearer " + token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := path.Clean("/" + r.URL.Path); p != steering && !strings.HasPrefix(p, steering+"/") {
			next.ServeHTTP(w, r)
			return
		}
		switch {
		case !fromHere(r):
			refuse(w, http.StatusForbidden, "the simulator takes orders from programs on this machine only")
		case subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1:
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "the simulator takes orders with the token in "+filepath.Base(TokenFile(stateDir))+" of its state")
		default:
			next.ServeHTTP(w, r)
		}
	}), nil
}

// fromHere tells programs on this machine from web pages: those send an Origin, or another Host that leads here.
func fromHere(r *http.Request) bool {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return err == nil && r.Header.Get("Origin") == "" && loopback(peer) && (host == "localhost" || loopback(strings.Trim(host, "[]")))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"error\":%q}\n", why) // the caller may have gone
}
