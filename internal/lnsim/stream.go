package lnsim

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/axisor/axisor/pkg/exactjson"
)

// pushEvery is how often a subscriber hears of the market although nothing moved.
const pushEvery = time.Second

// The topics of the stream that are served.
const (
	topicLast   = "futures/inverse/btc_usd/lastPrice"
	topicIndex  = "futures/inverse/btc_usd/index"
	topicTicker = "futures/inverse/btc_usd/ticker"
)

// StreamFaults is how the stream misbehaves.
type StreamFaults struct {
	// Silent connections accept everything and answer nothing.
	Silent bool `json:"silent"`
	// Garbage is what is pushed instead of prices.
	Garbage string `json:"garbage,omitempty"`
	// Refuse answers new connections with 503.
	Refuse bool `json:"refuse"`
	// LagMs makes pushed prices older than they are.
	LagMs int64 `json:"lag_ms,omitempty"`
}

// streams are the connections to the stream.
type streams struct {
	mu     sync.Mutex
	faults StreamFaults
	open   map[*websocket.Conn]context.CancelFunc
	moved  chan struct{}
}

// SetStream makes the stream misbehave; the zero value makes it well again.
func (s *Sim) SetStream(f StreamFaults) {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	s.streams.faults = f
}

// CutStreams drops all connections to the stream and says how many there were.
func (s *Sim) CutStreams() int {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	n := len(s.streams.open)
	for _, end := range s.streams.open {
		end()
	}
	return n
}

// stirred tells the stream that the market moved.
func (s *Sim) stirred() {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	close(s.streams.moved)
	s.streams.moved = make(chan struct{})
}

func (s *streams) look() (StreamFaults, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults, s.moved
}

// serveStream is one connection.
func (s *Sim) serveStream(w http.ResponseWriter, r *http.Request) {
	if f, _ := s.streams.look(); f.Refuse {
		http.Error(w, "Service unavailable", http.StatusServiceUnavailable)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	s.streams.mu.Lock()
	s.streams.open[conn] = end
	s.streams.mu.Unlock()
	defer func() {
		s.streams.mu.Lock()
		delete(s.streams.open, conn)
		s.streams.mu.Unlock()
		_ = conn.CloseNow()
	}()
	l := &listener{sim: s, conn: conn}
	go l.push(ctx)
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if f, _ := s.streams.look(); f.Silent {
			continue
		}
		if conn.Write(ctx, websocket.MessageText, l.answer(text)) != nil {
			return
		}
		l.tell(ctx)
	}
}

// listener is a connection with what it wants to hear.
type listener struct {
	sim    *Sim
	conn   *websocket.Conn
	mu     sync.Mutex
	topics []string
}

// push tells of the market whenever it moves, and now and then.
func (l *listener) push(ctx context.Context) {
	t := time.NewTicker(pushEvery)
	defer t.Stop()
	for {
		_, moved := l.sim.streams.look()
		select {
		case <-ctx.Done():
			return
		case <-moved:
		case <-t.C:
		}
		l.tell(ctx)
	}
}

func (l *listener) tell(ctx context.Context) {
	f, _ := l.sim.streams.look()
	if f.Silent {
		return
	}
	l.mu.Lock()
	topics := slices.Clone(l.topics)
	l.mu.Unlock()
	for _, topic := range topics {
		text := []byte(f.Garbage)
		if f.Garbage == "" {
			text = wire(map[string]any{
				"jsonrpc": "2.0", "method": "subscription",
				"params": map[string]any{"topic": topic, "data": l.sim.news(topic, f.LagMs)},
			})
		}
		if l.conn.Write(ctx, websocket.MessageText, text) != nil {
			return
		}
	}
}

// news is what there is to tell of a topic.
func (s *Sim) news(topic string, lagMs int64) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	switch topic {
	case topicLast:
		return map[string]any{"time": now.UnixMilli() - lagMs, "lastPrice": s.st.LastPrice}
	case topicIndex:
		return map[string]any{"time": now.UnixMilli() - lagMs, "index": s.st.Index}
	default:
		t, _ := s.ticker(&call{now: now})
		return t
	}
}

// answer handles one call. Anybody may hear prices, so nothing private is served.
func (l *listener) answer(text []byte) []byte {
	var in struct {
		ID     any    `json:"id"`
		Method string `json:"method"`
		Params struct {
			Topics []string `json:"topics"`
		} `json:"params"`
	}
	out := map[string]any{"jsonrpc": "2.0", "id": nil}
	refuse := func(code int, why string) { out["error"] = map[string]any{"code": code, "message": why} }
	if err := exactjson.Unmarshal(text, &in); err != nil {
		refuse(-32700, "Parse error")
	}
	out["id"] = in.ID
	l.mu.Lock()
	defer l.mu.Unlock()
	switch in.Method {
	case "":
	case "hello":
		out["result"] = map[string]any{"version": "v1", "simulated": true}
	case "ping":
		out["result"] = "pong"
	case "time":
		l.sim.mu.Lock()
		out["result"] = map[string]any{"time": l.sim.clock().UnixMilli()}
		l.sim.mu.Unlock()
	case "subscribe":
		for _, topic := range in.Params.Topics {
			if !slices.Contains([]string{topicLast, topicIndex, topicTicker}, topic) {
				refuse(-32602, "Unknown topic "+strings.ToValidUTF8(topic, "?"))
				break
			}
			if !slices.Contains(l.topics, topic) {
				l.topics = append(l.topics, topic)
			}
		}
		if out["error"] == nil {
			out["result"] = map[string]any{"topics": l.topics}
		}
	case "unsubscribe":
		l.topics = slices.DeleteFunc(l.topics, func(t string) bool { return slices.Contains(in.Params.Topics, t) })
		out["result"] = map[string]any{"topics": l.topics}
	case "unsubscribeAll":
		l.topics = nil
		out["result"] = map[string]any{"topics": []string{}}
	default:
		refuse(-32601, "Method not found")
	}
	return wire(out)
}

// wire writes a message; ours hold nothing that cannot be written.
func wire(message map[string]any) []byte {
	text, err := json.Marshal(message)
	if err != nil {
		return []byte("{}")
	}
	return text
}
