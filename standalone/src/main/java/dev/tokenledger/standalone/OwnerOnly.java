package dev.tokenledger.standalone;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Files and folders that nobody but the user of this process may read or write. A virtual machine
 * cannot set its umask, so each is made with its mode, and what is there already is put right.
 */
final class OwnerOnly {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<?> FOLDER_MODE = PosixFilePermissions.asFileAttribute(FOLDER);
  private static final FileAttribute<?> FILE_MODE = PosixFilePermissions.asFileAttribute(FILE);

  private OwnerOnly() {}

  /** Makes a folder, with those above it, or closes the one that is there to others. */
  static Path folder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      setMode(folder, FOLDER);
    } else {
      Files.createDirectories(folder, FOLDER_MODE);
    }
    return folder;
  }

  /** Makes an empty file, or closes the one that is there to others. */
  static Path file(Path file) throws IOException {
    try {
      return Files.createFile(file, FILE_MODE);
    } catch (FileAlreadyExistsException e) {
      setMode(file, FILE);
      return file;
    }
  }

  /** Closes a folder and all that is in it; links are left as they are. */
  static void tree(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes is)
              throws IOException {
            setMode(path, FOLDER);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes is) throws IOException {
            if (is.isRegularFile()) {
              setMode(path, FILE);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void setMode(Path path, Set<PosixFilePermission> mode) throws IOException {
    if (!Files.getPosixFilePermissions(path).equals(mode)) {
      Files.setPosixFilePermissions(path, mode);
    }
  }

  /** Whether this process's user owns the file itself, not what a link leads to. */
  static boolean isOurs(Path path) throws IOException {
    return owner(path) == owner(Path.of("/proc/self"));
  }

  private static int owner(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }

  /** Whether somebody else may write to a file or folder. */
  static boolean isOpenToWriters(Path path) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(path);
    return mode.contains(PosixFilePermission.GROUP_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_WRITE);
  }

  /**
   * Whether nobody else can have changed anything in a folder: all of it is ours alone to write.
   */
  static boolean isUntouched(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        if (!isOurs(path) || !Files.isSymbolicLink(path) && isOpenToWriters(path)) {
          return false;
        }
      }
      return true;
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Removes a folder with all that is in it; does nothing where there is none. */
  static void delete(Path folder) throws IOException {
    if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
