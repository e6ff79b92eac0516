"""What the operating system refused, as a reason in a person's words."""

from __future__ import annotations

import errno

from pemr_desktop.refusal_texts.system import SystemCode
from pemr_desktop.refusals import Refusal, refusal

_BY_ERRNO: dict[int, SystemCode] = {
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EBUSY: "in use by another program",
    errno.ETXTBSY: "in use by another program",
    errno.EEXIST: "name taken",
    errno.EFBIG: "file too large",
    errno.EIO: "disk faulty",
    errno.EISDIR: "folder, not a file",
    errno.ELOOP: "links too many",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
    errno.ENAMETOOLONG: "name too long",
    errno.ENODEV: "disk not answering",
    errno.ENOENT: "file not there, said briefly",
    errno.ENOMEM: "memory full",
    errno.ENOSPC: "disk full, said briefly",
    errno.EDQUOT: "disk full, said briefly",
    errno.ENOTCONN: "disk not answering",
    errno.ENOTDIR: "no folder in path",
    errno.ENOTEMPTY: "folder not empty",
    errno.ENOTSUP: "not possible there",
    errno.ENXIO: "disk not answering",
    errno.EXDEV: "not possible there",
    errno.EROFS: "disk read only",
    errno.ESTALE: "disk not answering",
    errno.ETIMEDOUT: "disk not answering",
}


def system_reason(error: OSError) -> Refusal:
    """Why the operating system refused, as a sentence of its own."""
    code = _BY_ERRNO.get(error.errno or 0)
    if code is None:
        return refusal("system error", number=str(error.errno or 0))
    return refusal(code)
