/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.tls;

import java.security.cert.Certificate;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.MeshIdentityUnavailableException;
import io.github.bootmesh.MeshPeer;

/**
 * Decides on the peer of a connection after its handshake, full or resumed, by what is
 * known at that moment: the roots of the current epoch, the dates, the rule, the
 * admission.
 */
final class PeerJudge {

	private final Supplier<TlsEpoch> epochs;

	private final PeerUse use;

	private final Function<TlsEpoch, PeerRule> rule;

	private final PeerAdmission admission;

	PeerJudge(Supplier<TlsEpoch> epochs, PeerUse use, Function<TlsEpoch, PeerRule> rule, PeerAdmission admission) {
		this.epochs = epochs;
		this.use = use;
		this.rule = rule;
		this.admission = admission;
	}

	/**
	 * Verifies what can be verified without computing.
	 * @return {@code null} if {@link #verify} has to
	 */
	@Nullable VerifiedChain remembered(Certificate[] shown) throws PeerRefusedException {
		return epoch().verifier().remembered(shown, this.use);
	}

	VerifiedChain verify(Certificate[] shown) throws PeerRefusedException {
		return epoch().verifier().verify(shown, this.use);
	}

	/**
	 * Decides on the verified peer. The connection learns of its root first and the roots
	 * are asked then: whichever way they change meanwhile, one of the two sees the other.
	 */
	MeshPeer decide(MeshConnection connection, VerifiedChain chain) throws PeerRefusedException {
		connection.verified(chain);
		TlsEpoch epoch = epoch();
		MeshPeer peer = chain.peer();
		if (!epoch.trusts(chain.anchor())) {
			throw new PeerRefusedException(Refusal.UNTRUSTED, "The root of " + peer + " is trusted no more");
		}
		this.rule.apply(epoch).check(peer.id());
		String refusal = this.admission.refusal(peer);
		if (refusal != null) {
			throw new PeerRefusedException(Refusal.NOT_ADMITTED, peer + " is not admitted: " + refusal);
		}
		return peer;
	}

	/**
	 * Verifies who it is, without the admission and without a connection to follow.
	 */
	MeshPeer identify(Certificate[] shown) throws PeerRefusedException {
		TlsEpoch epoch = epoch();
		MeshPeer peer = epoch.verifier().verify(shown, this.use).peer();
		this.rule.apply(epoch).check(peer.id());
		return peer;
	}

	private TlsEpoch epoch() throws PeerRefusedException {
		try {
			return this.epochs.get();
		}
		catch (MeshIdentityUnavailableException ex) {
			throw new PeerRefusedException(Refusal.NO_IDENTITY, String.valueOf(ex.getMessage()), ex);
		}
	}

}
