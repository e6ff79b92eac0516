"""Kinds of tags: ID3, Vorbis comments, APEv2, ASF, MP4, RIFF INFO; which fields are which frames."""
