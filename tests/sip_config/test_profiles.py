"""The profiles that come with the program."""

import pytest

from sip_config.causes import Ending, Outcome, outcome_of
from sip_config.profiles_reading import shipped
from sip_config.resolving import Layer, chain, layers_of, merged
from sip_config.signalling import AuthMode
from sip_config.trunk import AnswerSupervision, Trunk, TrunkKind, Verified
from sip_config.validating import validated

EXPECTED = [
    "grandstream_gxw410x",
    "grandstream_ht813",
    "grandstream_ht841",
    "dinstar_uc2000",
    "dinstar_mtg",
    "yeastar_tg",
    "yeastar_ta_fxo",
    "patton_sn4xxx",
    "audiocodes_mp11x",
    "audiocodes_mediant_500_800",
    "cisco_isr",
    "cisco_spa8800",
    "cisco_spa3102",
    "cisco_spa112",
    "sangoma_vega",
    "openvox_vs_gw",
    "openvox_dgw",
    "synway_smg",
    "beronet_box",
    "eltex_smg",
    "eltex_tau_fxo",
    "mediatrix_c7_fxo",
    "mediatrix_sentinel",
    "dbl_goip",
    "generic_sip_peer",
    "generic_register",
    "twilio_elastic",
    "telnyx",
    "bandwidth",
    "voxbone",
    "zadarma",
    "sipgate_trunking",
    "sonetel",
    "generic_itsp_ip",
    "generic_itsp_register",
]


def a_trunk_of(profile_id: str) -> Trunk:
    own = Layer(origin="test", values={"id": "t", "hosts": [{"uri": "sip:10.0.0.1"}]})
    return validated(Trunk, merged(layers_of(chain(profile_id, shipped()), own)))


def test_every_family_has_its_profile():
    assert set(EXPECTED) <= set(shipped())


@pytest.mark.parametrize("profile_id", sorted(shipped()))
def test_a_trunk_needs_only_a_name_and_a_host_beside_a_profile(profile_id):
    trunk = a_trunk_of(profile_id)
    assert trunk.kind is not TrunkKind.LOOPBACK
    assert not trunk.register.enabled or trunk.auth.mode is AuthMode.DIGEST


@pytest.mark.parametrize("profile_id", sorted(shipped()))
def test_every_profile_says_what_it_is_and_how_far_it_was_checked(profile_id):
    facts = shipped()[profile_id].facts
    assert facts.title and facts.ports
    assert facts.verified in {Verified.NO, Verified.MANUAL}


@pytest.mark.parametrize(
    "profile_id",
    [p for p in sorted(shipped()) if a_trunk_of(p).is_gateway],
)
def test_no_gateway_profile_takes_a_full_box_for_a_busy_callee(profile_id):
    full = Ending(sip_status=486, provisional_seen=True, seconds=0.05)
    assert outcome_of(full, a_trunk_of(profile_id).cause_map) is Outcome.CONGESTION


@pytest.mark.parametrize(
    "profile_id",
    [p for p in sorted(shipped()) if a_trunk_of(p).kind is TrunkKind.GATEWAY_FXO],
)
def test_no_analog_profile_claims_to_know_answers(profile_id):
    assert a_trunk_of(profile_id).answer_supervision is AnswerSupervision.NONE


def test_the_rate_limit_of_a_carrier_is_told_from_congestion():
    ending = Ending(sip_status=503, reason_text="Trunk CPS limit exceeded", seconds=0.3)
    trunk = a_trunk_of("twilio_elastic")
    assert outcome_of(ending, trunk.cause_map) is Outcome.TRUNK_RATE
    assert trunk.limits.cps == 1.0
