package dev.tokenledger.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The directory that holds everything: {@code postgres/}, {@code redis/}, {@code secrets/} and
 * {@code bootstrap.env}, for its owner alone. Locked while a process uses it, so that two never
 * work on the same files.
 */
final class DataDirectory implements AutoCloseable {
  private static final int SECRET_BYTES = 24;
  private static final String LOCK = "lock";

  private final Path root;
  private final FileChannel channel;
  private final FileLock lock;

  private DataDirectory(Path root, FileChannel channel, FileLock lock) {
    this.root = root;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Opens the directory, makes it where there is none, and closes to others what is in it.
   *
   * @throws IllegalStateException if it cannot be used, with what to do about it
   */
  static DataDirectory open(Path root) throws IOException {
    try {
      requireOwn(root);
      FileChannel channel =
          FileChannel.open(OwnerOnly.file(root.resolve(LOCK)), StandardOpenOption.WRITE);
      FileLock lock;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        throw new IllegalStateException(
            "another TokenLedger uses " + root + "; stop it or choose another --data");
      }
      DataDirectory directory = new DataDirectory(root, channel, lock);
      directory.closeToOthers();
      return directory;
    } catch (FileSystemException e) {
      throw new IllegalStateException(
          "the data directory "
              + root
              + " cannot be used ("
              + (e instanceof AccessDeniedException
                  ? "no permission for " + e.getFile()
                  : e.getMessage())
              + "); choose another with --data",
          e);
    }
  }

  /** A folder that others may write to is no place for programs that are run from it. */
  private static void requireOwn(Path root) throws IOException {
    if (!Files.exists(root)) {
      OwnerOnly.folder(root);
      return;
    }
    if (!Files.isDirectory(root)) {
      throw new IllegalStateException(root + " is no directory; choose another --data");
    }
    Path real = root.toRealPath();
    if (OwnerOnly.isOurs(real) && (isEmpty(real) || Files.exists(real.resolve(LOCK)))) {
      OwnerOnly.folder(real);
    } else if (OwnerOnly.isOpenToWriters(real)) {
      throw new IllegalStateException(
          "others may write to "
              + root
              + ", which holds other things, too; choose a directory for TokenLedger alone as"
              + " --data");
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findFirst().isEmpty();
    }
  }

  /** What an earlier version, or a process with another umask, has left open. */
  private void closeToOthers() throws IOException {
    for (String folder : List.of("redis", "guard-redis", "run", "secrets")) {
      OwnerOnly.tree(root.resolve(folder));
    }
    for (String folder : List.of("postgres", "postgres-binaries", "redis-binaries")) {
      Path path = root.resolve(folder);
      if (Files.isDirectory(path) && OwnerOnly.isOurs(path) && !OwnerOnly.isOpenToWriters(path)) {
        OwnerOnly.folder(path);
      }
    }
    for (String file : List.of("bootstrap.env", "postgres.log", "redis.log", "guard-redis.log")) {
      if (Files.exists(root.resolve(file))) {
        OwnerOnly.file(root.resolve(file));
      }
    }
  }

  Path resolve(String name) {
    return root.resolve(name);
  }

  /** A password of this directory, made at its first use and kept in a file for the owner alone. */
  String secret(String name) {
    Path file = root.resolve("secrets").resolve(name);
    try {
      String known = Files.exists(file) ? Files.readString(file).strip() : "";
      if (!known.isEmpty()) {
        return known;
      }
      OwnerOnly.folder(file.getParent());
      byte[] random = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(random);
      String secret = HexFormat.of().formatHex(random);
      // Whole or not at all: half a password would be one that nobody else knows.
      Path written = file.resolveSibling(name + ".new");
      Files.writeString(OwnerOnly.file(written), secret);
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
      return secret;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read or make " + file, e);
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot release the lock of " + root, e);
    }
  }
}
