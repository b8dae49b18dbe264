package results

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The library makes as much memory as lengths in a file say, before it looks whether so much is there. So lengths are
// checked before the library reads: first those of the footer, then those of each page's header.
const (
	footerMax = 64 << 20 // bytes
	pageMax   = 64 << 20 // bytes of a page without its compression
	rowsEach  = 200      // rows that one byte of a file may stand for, and spareRows those of a short file
	spareRows = 100_000
	headerMin = 4 << 10 // bytes that are read for the header of a page, and headerMax those of the longest one
	headerMax = 1 << 20
)

// openParquet opens a file whose footer promises no more than the file has.
func openParquet(r io.ReaderAt, size int64) (*parquet.File, error) {
	var end [8]byte
	if size < 12 {
		return nil, fmt.Errorf("it has %d bytes", size)
	}
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != "PAR1" {
		return nil, fmt.Errorf("it ends in %q; expected PAR1", end[4:])
	}
	if length > size-12 || length > footerMax {
		return nil, fmt.Errorf("its footer has %d bytes, the file %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-8-length); err != nil {
		return nil, err
	}
	if _, err := walkThrift(footer, func([]int, int64) {}); err != nil {
		return nil, fmt.Errorf("its footer: %w", err)
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	if n := file.NumRows(); n < 0 || n > rowsEach*size+spareRows {
		return nil, fmt.Errorf("it promises %d rows in %d bytes", n, size)
	}
	return file, checkPages(r, size, file)
}

// checkPages checks the headers of all pages.
func checkPages(r io.ReaderAt, size int64, file *parquet.File) error {
	pages := int64(0)
	for g, group := range file.Metadata().RowGroups {
		for c, column := range group.Columns {
			from, to := chunkOf(&column.MetaData)
			if from < 0 || to < from || to > size {
				return fmt.Errorf("column %d of group %d stands from byte %d to %d, the file has %d", c, g, from, to, size)
			}
			for at := from; at < to; {
				if pages++; pages > size {
					return errors.New("it has more pages than bytes")
				}
				next, err := checkPage(io.NewSectionReader(r, at, to-at), column.MetaData.Codec, file.NumRows())
				if err != nil {
					return fmt.Errorf("page at byte %d: %w", at, err)
				}
				at += next
			}
		}
	}
	return nil
}

// chunkOf is where the pages of a column stand.
func chunkOf(m *format.ColumnMetaData) (from, to int64) {
	from = m.DataPageOffset
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < from {
		from = m.DictionaryPageOffset
	}
	return from, from + m.TotalCompressedSize
}

// The fields of a page's header: its two lengths, and the number of values in what follows the header.
const (
	fieldUncompressed, fieldCompressed              = 2, 3
	fieldDataPage, fieldDictionaryPage, fieldDataV2 = 5, 7, 8
)

// checkPage checks one page and returns its length. Dictionaries may have more values than rows: nobody counts on that, but none
// has more than bytes.
func checkPage(r *io.SectionReader, codec format.CompressionCodec, rows int64) (length int64, err error) {
	var whole, packed, values int64
	visit := func(path []int, v int64) {
		switch {
		case len(path) == 1 && path[0] == fieldUncompressed:
			whole = v
		case len(path) == 1 && path[0] == fieldCompressed:
			packed = v
		case len(path) == 2 && path[1] == 1 && (path[0] == fieldDataPage || path[0] == fieldDataV2 || path[0] == fieldDictionaryPage):
			values = max(values, v)
		}
	}
	head, err := walkHeader(r, visit)
	if err != nil {
		return 0, err
	}
	length = int64(head) + packed
	switch {
	case packed < 0 || length > r.Size():
		return 0, fmt.Errorf("it has %d bytes, its column %d", packed, r.Size())
	case whole < 0 || whole > pageMax:
		return 0, fmt.Errorf("it has %d bytes without compression; expected at most %d", whole, pageMax)
	case values < 0 || values > max(rows, whole):
		return 0, fmt.Errorf("it promises %d values in a file of %d rows", values, rows)
	case codec == format.Zstd:
		return length, checkZstd(io.NewSectionReader(r, int64(head), packed), whole)
	}
	return length, nil
}

// checkZstd refuses a page that says to the decoder that it is longer than it says to the reader.
func checkZstd(r io.Reader, whole int64) error {
	var start [zstd.HeaderMaxSize]byte
	n, err := io.ReadFull(r, start[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	var h zstd.Header
	if h.Decode(start[:n]) == nil && h.HasFCS && h.FrameContentSize > uint64(whole) {
		return fmt.Errorf("it has %d bytes without compression, and promises %d", h.FrameContentSize, whole)
	}
	return nil
}

// walkHeader visits the header that r begins with, and returns its length.
func walkHeader(r *io.SectionReader, visit func([]int, int64)) (length int, err error) {
	for size := headerMin; ; size *= 16 {
		buf := make([]byte, min(int64(size), r.Size()))
		if _, err := r.ReadAt(buf, 0); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		length, err = walkThrift(buf, visit)
		if err == nil || size >= headerMax || int64(size) >= r.Size() {
			return length, err
		}
	}
}
