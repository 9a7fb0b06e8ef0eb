package fetcher

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// local opens a file of the machine below one of the roots. Links may not lead
// out of it.
func (f *Fetcher) local(path string) (io.ReadCloser, error) {
	if !filepath.IsAbs(path) {
		return nil, errors.New("the path of a file must begin with /")
	}
	for _, root := range f.cfg.Roots {
		name, err := filepath.Rel(root, filepath.Clean(path))
		if err == nil && filepath.IsLocal(name) && name != "." {
			return openBelow(root, name)
		}
	}
	return nil, errors.New("it is not below a folder that files may be fetched from")
}

func openBelow(root, name string) (io.ReadCloser, error) {
	folder, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	defer folder.Close()
	file, err := folder.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not hold it up
	if err != nil {
		return nil, errors.New("there is no such file that can be read")
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is no plain file"), file.Close())
	}
	return file, nil
}
