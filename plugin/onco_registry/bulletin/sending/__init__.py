"""Send releases: each to every recipient of the channels of its edition, once, by e-mail, to a folder or a webhook.

ledger     in jobs.sqlite: which release was taken by whom, what waits, what was given up
parcels    what is to go where, from the settings, the archive and the ledger
guard      the last look whether a release may go there, and is whole
channels   how a release leaves, by each way
letter     the e-mail of a release; copy the folder of a series; notice the JSON for a webhook
sent       one pass: send what is due, note what became of it, and tell hospital IT
"""
