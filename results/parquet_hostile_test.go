package results

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// Lengths in a file are not believed: no byte of a short file, whatever it is, makes the reader take much memory.
func TestParquetLengthsAreNotBelieved(t *testing.T) {
	file := parquetOf(t, aHistory().Slice())
	var before, after runtime.MemStats
	for at := 0; at < len(file); at++ {
		if at == 150 {
			at = len(file) - 150 // the footer's end, and its length
		}
		hostile := bytes.Clone(file)
		hostile[at] = 0xff
		runtime.ReadMemStats(&before)
		_, _ = readParquet(hostile)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20 {
			t.Errorf("with byte %d of %d turned it took %d MB", at, len(file), took>>20)
		}
	}
}

func TestParquetFooterFits(t *testing.T) {
	file := parquetOf(t, aHistory().Slice())
	for _, length := range []uint32{0, 1, uint32(len(file)) + 1, 1 << 28, 1<<32 - 1} {
		hostile := bytes.Clone(file)
		binary.LittleEndian.PutUint32(hostile[len(file)-8:], length)
		if _, err := readParquet(hostile); err == nil || length > uint32(len(file)) && !strings.Contains(err.Error(), "footer") {
			t.Errorf("a footer of %d bytes: got error %v", length, err)
		}
	}
}

func TestThriftLengthsFit(t *testing.T) {
	for name, b := range map[string][]byte{
		"a list longer than the rest":    {0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0},
		"a text longer than the rest":    {0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 0},
		"a map longer than the rest":     {0x1b, 0xff, 0xff, 0x0f, 0x55, 0},
		"a struct without an end":        {0x15, 2},
		"structs deeper than Parquet's":  bytes.Repeat([]byte{0x1c}, 1000),
		"lists deeper than Parquet's":    append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 1000)...),
		"a number longer than any":       append([]byte{0x15}, bytes.Repeat([]byte{0xff}, 12)...),
		"a type that does not exist":     {0x1f, 0},
		"nothing, not even an end of it": {},
	} {
		if _, err := walkThrift(b, func([]int, int64) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var got []int64
	n, err := walkThrift([]byte{0x15, 0x04, 0x2c, 0x16, 0x03, 0, 0, 99}, func(path []int, v int64) { got = append(got, int64(len(path)), v) })
	if err != nil || n != 7 || len(got) != 4 || got[1] != 2 || got[2] != 2 || got[3] != -2 {
		t.Errorf("got %v, length %d, error %v", got, n, err)
	}
}

// A page is as long as its column at most, has no more values than the file has rows, and unpacks to what its header says.
func TestPagesAreWhatTheirHeadersSay(t *testing.T) {
	header := func(whole, packed, values int64) []byte {
		b := binary.AppendVarint([]byte{0x15, 0, 0x15}, whole)
		b = binary.AppendVarint(append(b, 0x15), packed)
		return append(binary.AppendVarint(append(b, 0x2c, 0x15), values), 0, 0) // the data page's header, and its end
	}
	zeros := bytes.Repeat([]byte{0}, 1000)
	var packed bytes.Buffer
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed.Write(w.EncodeAll(zeros, nil))
	for _, test := range []struct {
		head []byte
		want string
	}{
		{header(1000, int64(packed.Len()), 5), ""},
		{header(1<<31-1, int64(packed.Len()), 5), "without compression; expected at most"},
		{header(1000, 1<<30, 5), "its column"},
		{header(1000, -5, 5), "its column"},
		{header(1000, int64(packed.Len()), 1<<30), "promises 1073741824 values in a file of 10 rows"},
		{header(10, int64(packed.Len()), 5), "promises 10"},
	} {
		page := append(test.head, packed.Bytes()...)
		_, err := checkPage(io.NewSectionReader(bytes.NewReader(page), 0, int64(len(page))), format.Zstd, 10)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %q, got %v", test.want, err)
		}
	}
}

// Pages that unpack to more than they promise are refused, whatever packed them; and LZ4, with which the library may never end.
func TestPagesUnpackToWhatTheyPromise(t *testing.T) {
	zeros := bytes.Repeat([]byte{0}, 1000)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(zeros); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var streamed bytes.Buffer
	w.Reset(&streamed)
	for _, part := range [][]byte{zeros[:500], zeros[500:]} { // so that no frame can say how long it is
		if _, err := w.Write(part); err != nil || w.Flush() != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		codec  format.CompressionCodec
		packed []byte
	}{
		{format.Gzip, zipped.Bytes()}, {format.Snappy, binary.AppendUvarint(nil, 1000)}, {format.Uncompressed, zeros},
		{format.Zstd, w.EncodeAll(zeros, nil)}, {format.Zstd, streamed.Bytes()}, {format.Zstd, w.EncodeAll(zeros[:400], w.EncodeAll(zeros[:600], nil))},
	} {
		packed := func() *io.SectionReader {
			return io.NewSectionReader(bytes.NewReader(test.packed), 0, int64(len(test.packed)))
		}
		if err := unpacks(packed(), test.codec, 1000); err != nil {
			t.Errorf("%v: %v", test.codec, err)
		}
		if err := unpacks(packed(), test.codec, 999); err == nil && test.codec != format.Uncompressed {
			t.Errorf("%v: a page of 1000 bytes passed for 999", test.codec)
		}
	}
	if n, ok := zstdSize(io.NewSectionReader(bytes.NewReader(streamed.Bytes()), 0, int64(streamed.Len()))); ok {
		t.Errorf("a frame that does not say how long it is says %d", n)
	}
	r := io.NewSectionReader(bytes.NewReader(zeros), 0, 1000)
	if err := unpacks(r, format.Lz4Raw, 1000); err == nil || !strings.Contains(err.Error(), "expected ZSTD, SNAPPY, GZIP or UNCOMPRESSED") {
		t.Errorf("LZ4: got %v", err)
	}
}
