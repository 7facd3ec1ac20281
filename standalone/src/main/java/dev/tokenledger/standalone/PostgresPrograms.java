package dev.tokenledger.standalone;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The programs of Postgres, unpacked from the application into a folder of the data directory, to
 * which nobody but their owner may write. What somebody else may have changed is unpacked anew
 * before any of it runs.
 */
final class PostgresPrograms {
  private static final String ARCHIVE = "postgres-linux-x86_64.txz";
  private static final int NAME_BYTES = 8;

  private final Path folder;
  private @Nullable String digest;

  PostgresPrograms(Path folder) {
    this.folder = folder;
  }

  /** Whether a program lies here. */
  boolean contains(String program) {
    return program.startsWith(folder + "/");
  }

  /**
   * The beginning of a command line, with the program checked. Postgres does not run as root, but
   * in a name space of users.
   */
  List<String> command(String program) throws IOException {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(unpacked().resolve("bin").resolve(program).toString());
    return command;
  }

  /** The folder of this version's programs, whole and untouched by others. */
  private Path unpacked() throws IOException {
    // Named by what is in it, so that another version is never taken for this one.
    Path version = folder.resolve("postgres-" + digest());
    if (Files.isDirectory(folder)) {
      if (OwnerOnly.isUntouched(folder) && Files.isDirectory(version)) {
        return version;
      }
      OwnerOnly.delete(folder);
    }
    OwnerOnly.folder(folder);
    Path incomplete = OwnerOnly.folder(folder.resolve("incomplete"));
    unpack(incomplete);
    return Files.move(incomplete, version, StandardCopyOption.ATOMIC_MOVE);
  }

  private static InputStream archive() throws IOException {
    InputStream archive = PostgresPrograms.class.getClassLoader().getResourceAsStream(ARCHIVE);
    if (archive == null) {
      throw new IOException(ARCHIVE + " is not in this application: it runs on Linux on x86-64");
    }
    return archive;
  }

  private String digest() throws IOException {
    if (digest == null) {
      digest = digestOfArchive();
    }
    return digest;
  }

  private static String digestOfArchive() throws IOException {
    try (DigestInputStream archive =
        new DigestInputStream(archive(), MessageDigest.getInstance("SHA-256"))) {
      archive.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(archive.getMessageDigest().digest(), 0, NAME_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
    }
  }

  private static void unpack(Path target) throws IOException {
    try (TarArchiveInputStream archive =
        new TarArchiveInputStream(
            new XZCompressorInputStream(new BufferedInputStream(archive())))) {
      for (TarArchiveEntry entry = archive.getNextEntry();
          entry != null;
          entry = archive.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException(ARCHIVE + " has a file outside of it: " + entry.getName());
        }
        if (entry.isDirectory()) {
          OwnerOnly.folder(path);
          continue;
        }
        OwnerOnly.folder(path.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createLink(path, target.resolve(entry.getLinkName()));
        } else {
          Files.copy(archive, path);
          boolean executable = (entry.getMode() & 0100) != 0;
          Files.setPosixFilePermissions(
              path, PosixFilePermissions.fromString(executable ? "rwx------" : "rw-------"));
        }
      }
    }
  }

  /** The processes whose programs lie here. */
  List<ProcessHandle> processes() {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(p -> p.info().command().map(this::contains).orElse(false)).toList();
    }
  }
}
