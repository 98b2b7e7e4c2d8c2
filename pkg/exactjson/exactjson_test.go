package exactjson_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/exactjson"
)

type shape struct {
	Margin   *int64          `json:"margin"`
	ClientID string          `json:"clientId"`
	API      string          `json:"api_key"`
	Inner    struct{ K int } `json:"inner"`
	At       time.Time       `json:"at"`
	Raw      json.RawMessage `json:"raw"`
	List     []struct {
		Bid float64 `json:"bidPrice"`
	} `json:"list"`
	ByName map[string]struct {
		On *bool `json:"enabled"`
	} `json:"by_name"`
}

func TestUnmarshal_NamesThatDifferInAnyWayChangeNothing(t *testing.T) {
	t.Parallel()
	const plain = `{"margin":5,"clientId":"c","api_key":"k","inner":{"K":1},"at":"2026-08-12T09:30:00Z","raw":{"a":1},` +
		`"list":[{"bidPrice":3}],"by_name":{"x":{"enabled":true}}}`
	var want shape
	require.NoError(t, exactjson.Unmarshal([]byte(plain), &want))
	require.Equal(t, int64(5), *want.Margin)
	require.Equal(t, "k", want.API)
	require.InDelta(t, 3, want.List[0].Bid, 0)
	for _, extra := range []string{
		`"Margin":9`, `"MARGIN":null`, `"mArgin":{"deep":[1]}`, `"margin ":9`, `"clientID":"other"`, `"clientid":1`, `"client_id":"x"`,
		`"apiKey":"x"`, `"API_KEY":"x"`, `"api_\u212aey":"x"`, `"Inner":{"K":9}`, `"Raw":0`, `"LIST":[]`, `"By_Name":{}`, `"bidPrice":1`,
	} {
		for name, text := range map[string]string{"before": `{` + extra + `,` + plain[1:], "after": plain[:len(plain)-1] + `,` + extra + `}`} {
			var got shape
			require.NoError(t, exactjson.Unmarshal([]byte(text), &got), "%s %s", name, extra)
			require.Equal(t, want, got, "%s %s", name, extra)
			got = shape{}
			require.NoError(t, exactjson.Read(strings.NewReader(text), &got))
			require.Equal(t, want, got, "%s %s", name, extra)
		}
	}
	var got shape
	require.NoError(t, exactjson.Unmarshal([]byte(`{"list":[{"BidPrice":7,"bidprice":8}],"by_name":{"x":{"Enabled":false}},"inner":{"k":4}}`), &got))
	require.Zero(t, got.List[0].Bid)
	require.Nil(t, got.ByName["x"].On)
	require.Zero(t, got.Inner.K)
}

func TestUnmarshal_RefusesWhatHasNoOneMeaning(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a field twice": `{"margin":1,"margin":2}`, "two values": `{"margin":1} {"margin":2}`, "nothing": ``, "wrong type": `{"margin":"1"}`,
		"no JSON": `<html>`,
	} {
		var got shape
		require.Error(t, exactjson.Unmarshal([]byte(text), &got), name)
		require.Error(t, exactjson.Read(strings.NewReader(text), &got), name)
	}
	var got shape
	require.ErrorIs(t, exactjson.Unmarshal([]byte(`{"margin":1`), &got), exactjson.ErrCut)
}

func TestStrict_RefusesUnknownFields(t *testing.T) {
	t.Parallel()
	var got shape
	require.NoError(t, exactjson.Strict([]byte(`{"margin":1}`), &got))
	require.Error(t, exactjson.Strict([]byte(`{"Margin":1}`), &got))
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"margin":5,"Margin":6}`))
	f.Add([]byte(`{"margin":null,"list":[{}],"by_name":{"a":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var got shape
		if exactjson.Unmarshal(text, &got) == nil {
			require.True(t, json.Valid(text), "what we take is JSON for everybody")
		}
	})
}

func TestEach(t *testing.T) {
	t.Parallel()
	read := func(text string) (got []int64, err error) {
		out := struct {
			Last int64                             `json:"last"`
			List exactjson.Each[struct{ N int64 }] `json:"list"`
		}{}
		out.List.Take = func(v struct{ N int64 }) error { got = append(got, v.N); return nil }
		err = exactjson.Read(strings.NewReader(text), &out)
		return got, err
	}
	got, err := read(`{"list": [{"N": 1}, {"N": 2, "x": [3]}], "last": 4}`)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, got)
	got, err = read(`{"list": []}`)
	require.NoError(t, err)
	require.Empty(t, got)
	got, err = read(`{"list": [{"N": 1}, {"N": `)
	require.ErrorIs(t, err, exactjson.ErrCut)
	require.Equal(t, []int64{1}, got)
	_, err = read(`{"list": {"N": 1}}`)
	require.Error(t, err)
	_, err = read(`{"list": [{"N": 1, "N": 2}]}`)
	require.Error(t, err)
}
