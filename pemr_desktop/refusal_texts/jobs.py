"""Why a job cannot be done as asked."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

JobCode = Literal[
    "cancelled",
    "chosen tracks not analysed",
    "field left alone",
    "fields left alone",
    "file not comparable",
    "file not there",
    "model file not read",
    "model file not there",
    "model not usable",
    "no folder",
    "no model",
    "no query",
    "no teacher",
    "nothing to check",
    "too few answers",
    "too little music",
    "track not comparable",
    "unknown code page",
]


def job_texts(translate: Translate) -> dict[JobCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "chosen tracks not analysed": translate(
            "refusals", "None of the chosen tracks can be listened to. The list of problems says why."
        ),
        "field left alone": translate("refusals", "{fields} no longer holds what was written, and stays as it is."),
        "fields left alone": translate("refusals", "{fields} no longer hold what was written, and stays as it is."),
        "file not comparable": translate(
            "refusals", "{path} cannot be compared. {reason} The file was left untouched."
        ),
        "file not there": translate("refusals", "{path} is not there."),
        "no folder": translate("refusals", "No folder was given."),
        "no query": translate("refusals", "Choose a track or a file to find covers of."),
        "nothing to check": translate(
            "refusals",
            "There is nothing to check the cover search against yet. Confirm or reject what Find covers shows, or name "
            "the MusicBrainz works in your files, as Picard does; the tracks must have been listened to.",
        ),
        "too few answers": translate(
            "refusals",
            "Too few answers to learn from: {needed} versions of {works_needed} works and {needed} pairs that are no "
            "versions are needed; {versions} of {works} and {others} are there. Copies of the same recording "
            "teach nothing. Nothing was changed.",
        ),
        "too little music": translate(
            "refusals",
            "There is too little music to tune to: at least a dozen tracks of two albums must have been listened to. "
            "Your tags stay as they are.",
        ),
        "track not comparable": translate(
            "refusals", "“{title}” cannot be listened to, so that no covers of it can be found. {reason}"
        ),
        "unknown code page": translate("refusals", "The code page “{name}” is not known."),
        "cancelled": translate("refusals", "Cancelled."),
        "model file not read": translate("refusals", "The model file {path} cannot be read. {reason}"),
        "model file not there": translate("refusals", "The model file {path} is not there."),
        "model not usable": translate(
            "refusals",
            "{reason} The library was left untouched. Choose another model in the training panel, or install "
            "PEMR Desktop again.",
        ),
        "no model": translate(
            "refusals", "No model is installed. Install PEMR Desktop again, or activate a model of your own."
        ),
        "no teacher": translate(
            "refusals",
            "The teacher that tuning needs is not installed. Install PEMR Desktop again. Your tags stay as they are.",
        ),
    }
