package io.talchum.adapter.folder;

import io.talchum.adapter.AdapterReader;

/** One way of writing adapter folders. Any thread. */
public interface AdapterFormat extends AdapterReader {
  /** Whether the folder looks as if it were written so; what is in it is not judged. */
  boolean takes(FolderFiles folder);
}
