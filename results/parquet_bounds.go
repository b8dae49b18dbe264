package results

import (
	"compress/gzip"
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

// The fields of a page's header: its two lengths, and what follows them. Of all that may follow, the first field is the number of
// values; of data of version 2, there are the lengths of what is not compressed, and whether the rest is.
const (
	fieldUncompressed, fieldCompressed              = 2, 3
	fieldDataPage, fieldDictionaryPage, fieldDataV2 = 5, 7, 8
	fieldValues                                     = 1
	fieldDefinitions, fieldRepetitions, fieldPacked = 5, 6, 7
)

// pageHead is what a page's header says of it.
type pageHead struct {
	whole, packed int64 // its bytes without compression, and as it stands
	values        int64
	levels        int64 // of its bytes, those at its begin that are never compressed
	plain         bool  // no other is either
}

// visit is shown the numbers of a header.
func (h *pageHead) visit(path []int, v int64) {
	switch {
	case len(path) == 1 && path[0] == fieldUncompressed:
		h.whole = v
	case len(path) == 1 && path[0] == fieldCompressed:
		h.packed = v
	case len(path) != 2 || path[0] != fieldDataPage && path[0] != fieldDataV2 && path[0] != fieldDictionaryPage:
	case path[1] == fieldValues:
		h.values = v
	case path[0] == fieldDataV2 && (path[1] == fieldDefinitions || path[1] == fieldRepetitions):
		h.levels += v
	case path[0] == fieldDataV2 && path[1] == fieldPacked:
		h.plain = v == 0
	}
}

// checkPage checks one page and returns its length. Dictionaries may have more values than there are rows, but none has more than
// bytes.
func checkPage(r *io.SectionReader, codec format.CompressionCodec, rows int64) (length int64, err error) {
	var h pageHead
	head, err := walkHeader(r, &h)
	if err != nil {
		return 0, err
	}
	length = int64(head) + h.packed
	switch {
	case h.packed < 0 || length > r.Size():
		return 0, fmt.Errorf("it has %d bytes, its column %d", h.packed, r.Size())
	case h.whole < 0 || h.whole > pageMax:
		return 0, fmt.Errorf("it has %d bytes without compression; expected at most %d", h.whole, pageMax)
	case h.values < 0 || h.values > max(rows, h.whole):
		return 0, fmt.Errorf("it promises %d values in a file of %d rows", h.values, rows)
	case h.levels < 0 || h.levels > min(h.packed, h.whole):
		return 0, fmt.Errorf("it promises levels of %d bytes in a page of %d", h.levels, h.packed)
	case h.plain:
		return length, nil
	}
	packed := io.NewSectionReader(r, int64(head)+h.levels, h.packed-h.levels)
	return length, unpacks(packed, codec, h.whole-h.levels)
}

// unpacks refuses a page that is longer, once it is unpacked, than its header says. The library's way of unpacking LZ4 never ends
// with what is damaged, and nobody looks for the others.
func unpacks(r *io.SectionReader, codec format.CompressionCodec, whole int64) error {
	size := uint64(0)
	if r.Size() == 0 {
		return nil
	}
	switch codec {
	case format.Uncompressed:
	case format.Zstd:
		if promised, ok := zstdSize(r); ok {
			size = promised
			break
		}
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(pageMax))
		if err != nil {
			return err
		}
		defer z.Close()
		if size, err = count(z, whole); err != nil {
			return err
		}
	case format.Snappy:
		size, _ = binary.Uvarint(startOf(r, 0, binary.MaxVarintLen64))
	case format.Gzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		if size, err = count(z, whole); err != nil {
			return err
		}
	default:
		return fmt.Errorf("its compression is %v; expected ZSTD, SNAPPY, GZIP or UNCOMPRESSED", codec)
	}
	if size > uint64(whole) {
		return fmt.Errorf("it has %d bytes without compression, and promises %d", size, whole)
	}
	return nil
}

// count unpacks what there is, up to one byte more than expected.
func count(unpacking io.Reader, whole int64) (uint64, error) {
	n, err := io.Copy(io.Discard, io.LimitReader(unpacking, whole+1))
	return uint64(n), err
}

// zstdSize is what all frames together promise, which the decoder holds them to; false where one of them does not say. Every page of
// pindrop's own does: to read the heads of frames and of their blocks is much quicker than to unpack them.
func zstdSize(r *io.SectionReader) (size uint64, ok bool) {
	for at := int64(0); at < r.Size(); {
		var h zstd.Header
		if h.Decode(startOf(r, at, zstd.HeaderMaxSize)) != nil || h.Skippable || !h.HasFCS || h.FrameContentSize > pageMax {
			return size + h.FrameContentSize, h.HasFCS && h.FrameContentSize > pageMax
		}
		size += h.FrameContentSize
		at += int64(h.HeaderSize)
		for last := false; !last; {
			block := startOf(r, at, zstdBlockHead)
			if len(block) < zstdBlockHead {
				return 0, false
			}
			head := int64(block[0]) | int64(block[1])<<8 | int64(block[2])<<16
			last = head&1 == 1
			length := head >> 3
			if head>>1&3 == zstdRepeated {
				length = 1
			}
			at += zstdBlockHead + length
		}
		if h.HasCheckSum {
			at += zstdSumLen
		}
	}
	return size, true
}

// The lengths of a block's head and of a frame's checksum, and the kind of a block that repeats one byte.
const (
	zstdBlockHead = 3
	zstdSumLen    = 4
	zstdRepeated  = 1
)

// startOf is what stands in r at a place, up to so many bytes.
func startOf(r *io.SectionReader, at int64, most int) []byte {
	start := make([]byte, most)
	n, _ := r.ReadAt(start, at)
	return start[:n]
}

// walkHeader visits the header that r begins with, and returns its length.
func walkHeader(r *io.SectionReader, h *pageHead) (length int, err error) {
	for size := headerMin; ; size *= 16 {
		buf := make([]byte, min(int64(size), r.Size()))
		if _, err := r.ReadAt(buf, 0); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		*h = pageHead{}
		length, err = walkThrift(buf, h.visit)
		if err == nil || size >= headerMax || int64(size) >= r.Size() {
			return length, err
		}
	}
}
