"""The archive: numbered releases of a registry's editions, each written once and never changed.

release    one release: its folder, its manifest, its files
series     the releases of one registry and edition, in the order of their numbers
store      add a release; what may be added, and what needs a correction
signing    the signature of a manifest, and the public keys
index      the page that lists a series
settled    what is made anew after each release: index, public keys, the link `current`
verify     whether files, chain and signatures are as they were released
erased     that an erasure left numbers in releases which stand for nobody any more
"""
