"""Whether a campaign's model can be had, reads that many tokens, and can answer the tasks."""

from __future__ import annotations

from engine.campaign.placed_errors import At
from engine.campaign.spec import Campaign
from engine.model.answers import check_kinds
from engine.model.base_model import check_length, model_source
from tasks import Pool, YamlDocument


def check_reading(campaign: Campaign, document: YamlDocument) -> None:
    """Look for the model, and whether it can read `max_length` tokens; brings in no torch.

    Raises:
        InputError: With the place of `model` or `max_length`.
    """
    with At(document, ("model",)):
        source = model_source(campaign.model)
    with At(document, ("max_length",)):
        check_length(source, campaign.max_length, name=campaign.model)


def check_answering(campaign: Campaign, pool: Pool, document: YamlDocument) -> None:
    """Refuse tasks that the model cannot answer; its configuration is read only if it matters.

    Raises:
        InputError: With the place of `model`.
    """
    if any(task.kind == "text" for task in pool.values()):
        from engine.model.base_network import is_decoder  # brings in torch

        with At(document, ("model",)):
            check_kinds(pool, is_decoder=is_decoder(campaign.model), targets=campaign.targets)
