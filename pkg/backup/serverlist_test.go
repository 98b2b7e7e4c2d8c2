package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// baseTar is a base backup's stream as a server sends it, with files changed after its list was written.
func baseTar(t *testing.T, algorithm string, files int, change func(name string, data []byte) (string, []byte), spoil func(list string) string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	put := func(name string, data []byte) {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(data))}))
		_, err := w.Write(data)
		require.NoError(t, err)
	}
	var list strings.Builder
	list.WriteString("{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [")
	for i := range files {
		name, data := fmt.Sprintf("base/5/%d", i), bytes.Repeat([]byte{byte(i), byte(i >> 8)}, i%300)
		sum := sha256.Sum256(data)
		text := hex.EncodeToString(sum[:])
		if algorithm == "CRC32C" {
			text = hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))))
		}
		if i > 0 {
			list.WriteString(",")
		}
		fmt.Fprintf(&list, "\n{ \"Path\": %q, \"Size\": %d, \"Checksum-Algorithm\": %q, \"Checksum\": %q }", name, len(data), algorithm, text)
		if change != nil {
			name, data = change(name, bytes.Clone(data))
		}
		if name != "" {
			put(name, data)
		}
	}
	list.WriteString("\n],\n\"WAL-Ranges\": [\n{ \"Timeline\": 3, \"Start-LSN\": \"0/2000028\", \"End-LSN\": \"0/2000100\" }\n],\n")
	sum := sha256.Sum256([]byte(list.String()))
	text := list.String() + "\"Manifest-Checksum\": \"" + hex.EncodeToString(sum[:]) + "\"}\n"
	if spoil != nil {
		text = spoil(text)
	}
	put(serverManifest, []byte(text))
	require.NoError(t, w.Close())
	return out.Bytes()
}

// TestReadTar compares a stream with the list in it, for both kinds of digests that our base backups have.
func TestReadTar(t *testing.T) {
	t.Parallel()
	const files = 2000
	for _, algorithm := range []string{"CRC32C", "SHA256"} {
		read := func(change func(string, []byte) (string, []byte), spoil func(string) string) (baseContent, error) {
			return readTar(bytes.NewReader(baseTar(t, algorithm, files, change, spoil)), algorithm == "SHA256", nil, nil)
		}
		c, err := read(nil, nil)
		require.NoError(t, err, algorithm)
		require.Equal(t, files, c.files)
		require.EqualValues(t, 3, c.timeline)
		require.Equal(t, "0/2000100", c.stop.String())
		for want, change := range map[string]func(string, []byte) (string, []byte){
			"content of base/5/777 is not": func(name string, data []byte) (string, []byte) {
				if name == "base/5/777" {
					data[100] ^= 1
				}
				return name, data
			},
			"base/5/8 has": func(name string, data []byte) (string, []byte) {
				if name == "base/5/8" {
					data = data[1:]
				}
				return name, data
			},
			"base backup lacks base/5/9": func(name string, data []byte) (string, []byte) {
				if name == "base/5/9" {
					name = ""
				}
				return name, data
			},
			"lacks base/5/10": func(name string, data []byte) (string, []byte) {
				if name == "base/5/10" {
					name = "base/5/x"
				}
				return name, data
			},
		} {
			_, err := read(change, nil)
			require.ErrorContains(t, err, want)
		}
		for want, spoil := range map[string]func(string) string{
			"does not match its own checksum": func(s string) string { return strings.Replace(s, `"Size": 2,`, `"Size": 3,`, 1) },
			"no complete list":                func(s string) string { return s[:len(s)/2] },
		} {
			_, err := read(nil, spoil)
			require.ErrorContains(t, err, want)
		}
	}
	_, err := readTar(bytes.NewReader(make([]byte, 1024)), false, nil, nil)
	require.ErrorContains(t, err, "no complete list")
}
