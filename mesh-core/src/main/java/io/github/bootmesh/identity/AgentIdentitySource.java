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

package io.github.bootmesh.identity;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.CaRoots;
import io.github.bootmesh.consul.ConsulAnswer;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.Leaf;
import io.github.bootmesh.consul.Watches;

/**
 * The identity as Consul's agent gives it, from a watch of the roots and one of the leaf.
 * The two change independently: a leaf that none of the known roots has signed waits
 * until they come, and an identity is emitted whenever either changes.
 * <p>
 * Agents before Consul 1.11 may answer the first, non-blocking question with a leaf from
 * their cache that has expired or that a root which is no longer active has signed, while
 * the blocking question that follows gets a new one within seconds. Such a first leaf is
 * withheld for a while.
 *
 * @see <a href="https://github.com/hashicorp/consul/issues/9862">The stale leaf</a>
 */
@Internal
public final class AgentIdentitySource implements IdentitySource {

	// Consul's own CA needs two; Vault's and those of secondary datacenters a few more.
	private static final int MAX_CHAIN = 10;

	// Consul keeps old roots for days; only a broken agent sends more.
	private static final int MAX_ROOTS = 1000;

	// Leaf and roots of one rotation come from two watches, a moment apart.
	private static final Duration TORN_PATIENCE = Duration.ofSeconds(10);

	// The agent renews within 30 s, later when the servers are busy, and by default a
	// start waits for 30 s too. So the first leaf is judged for what it is just before:
	// one of an old root is good until that root is gone, and is replaced as soon as the
	// agent has the next.
	private static final Duration STALE_PATIENCE = Duration.ofSeconds(27);

	private static final String WAITING = "; the agent makes another within 30 s as a rule, which is waited for, "
			+ STALE_PATIENCE.toSeconds() + " s at most";

	private final Flux<CaRoots> roots;

	private final Flux<Leaf> leaves;

	private final Clock clock;

	private final Scheduler scheduler;

	/**
	 * A source that asks the agent while it is subscribed to.
	 * @param consul the agent
	 * @param watches makes the two watches
	 * @param service whose identity to ask for
	 */
	public AgentIdentitySource(ConsulClient consul, Watches watches, String service) {
		this("ca-roots", consul, watches, service);
	}

	private AgentIdentitySource(String rootsName, ConsulClient consul, Watches watches, String service) {
		this(watches.watch(rootsName, Watches.Place.RESERVED, consul::caRoots).map(ConsulAnswer::body),
				watches.watch("leaf:" + service, Watches.Place.RESERVED, (query) -> consul.leaf(service, query))
					.map(ConsulAnswer::body),
				Clock.systemUTC(), Schedulers.parallel());
	}

	/**
	 * A source for a further service of this process, which asks with a token of its own:
	 * also the watch of the roots bears the service's name.
	 * @param consul the agent
	 * @param watches makes the two watches
	 * @param service whose identity to ask for
	 * @return the source
	 */
	public static AgentIdentitySource ofFurther(ConsulClient consul, Watches watches, String service) {
		return new AgentIdentitySource("ca-roots:" + service, consul, watches, service);
	}

	AgentIdentitySource(Flux<CaRoots> roots, Flux<Leaf> leaves, Clock clock, Scheduler scheduler) {
		this.roots = roots;
		this.leaves = leaves;
		this.clock = clock;
		this.scheduler = scheduler;
	}

	@Override
	public Flux<IdentityUpdate> updates() {
		return Flux.defer(() -> {
			Patience patience = new Patience();
			return Flux
				.combineLatest(this.roots, this.leaves.index(),
						(roots, leaf) -> new Pair(roots, leaf.getT2(), leaf.getT1() == 0))
				// Parsing and proving a chain is not for the event loop.
				.publishOn(this.scheduler)
				.switchMap((pair) -> offer(pair, patience))
				.doOnNext((update) -> {
					if (update instanceof IdentityMaterial) {
						patience.over();
					}
				});
		});
	}

	private Flux<IdentityUpdate> offer(Pair pair, Patience patience) {
		try {
			IdentityMaterial material = pair.read();
			if (!patience.isOver() && pair.firstLeaf()) {
				Optional<String> stale = stale(pair.roots(), material.chain().get(0));
				if (stale.isPresent()) {
					IdentityUpdate rejected = new IdentityUpdate.Rejected(RejectionReason.STALE, stale.get());
					return Flux.concat(Mono.just(rejected), later(patience.left(), whenSigned(material)));
				}
			}
			return whenSigned(material);
		}
		catch (IdentityRejectedException ex) {
			return Flux.just(ex.rejection());
		}
		catch (IllegalArgumentException ex) {
			return Flux
				.just(new IdentityUpdate.Rejected(RejectionReason.UNREADABLE, "the leaf's extensions cannot be read"));
		}
	}

	private Flux<IdentityUpdate> whenSigned(IdentityMaterial material) {
		X509Certificate leaf = material.chain().get(0);
		// Expiry is not for the source to judge.
		Instant end = leaf.getNotAfter().toInstant();
		Instant start = leaf.getNotBefore().toInstant();
		Instant now = this.clock.instant();
		Instant within = now.isAfter(end) ? end : (now.isBefore(start) ? start : now);
		if (!TrustPath.order(material.chain(), material.roots(), within).isEmpty()) {
			return Flux.just(material);
		}
		IdentityUpdate rejected = new IdentityUpdate.Rejected(RejectionReason.UNTRUSTED,
				"the leaf leads to none of the " + material.roots().size() + " roots that the agent names");
		return later(TORN_PATIENCE, Flux.just(rejected));
	}

	private Flux<IdentityUpdate> later(Duration delay, Flux<IdentityUpdate> updates) {
		return Mono.delay(delay, this.scheduler).thenMany(updates);
	}

	private Optional<String> stale(CaRoots roots, X509Certificate leaf) {
		Instant now = this.clock.instant();
		if (now.isAfter(leaf.getNotAfter().toInstant())) {
			return Optional.of("the agent's first answer is a leaf that expired at " + leaf.getNotAfter().toInstant()
					+ ", this machine's clock says " + now + WAITING);
		}
		String active = roots.roots()
			.stream()
			.filter((root) -> root.id().equals(roots.activeRootId()))
			.findFirst()
			.map(CaRoots.Root::signingKeyId)
			.orElse(null);
		String signer = signingKeyId(leaf);
		if (active != null && signer != null && !active.toLowerCase(Locale.ROOT).equals(signer)) {
			return Optional.of("the agent's first answer is a leaf that the active root has not signed" + WAITING);
		}
		return Optional.empty();
	}

	// In Consul's notation: colon-separated, lower-case hex.
	private static @Nullable String signingKeyId(X509Certificate leaf) {
		byte[] extension = leaf.getExtensionValue(Extension.authorityKeyIdentifier.getId());
		if (extension == null) {
			return null;
		}
		byte[] identifier = AuthorityKeyIdentifier.getInstance(ASN1OctetString.getInstance(extension).getOctets())
			.getKeyIdentifierOctets();
		return (identifier != null) ? HexFormat.ofDelimiter(":").formatHex(identifier) : null;
	}

	/**
	 * How long the first leaf is withheld, from its coming on, whatever the roots do
	 * meanwhile.
	 */
	private final class Patience {

		private volatile boolean over;

		private long end = -1;

		Duration left() {
			long now = AgentIdentitySource.this.scheduler.now(TimeUnit.MILLISECONDS);
			if (this.end < 0) {
				this.end = now + STALE_PATIENCE.toMillis();
			}
			return Duration.ofMillis(Math.max(0, this.end - now));
		}

		void over() {
			this.over = true;
		}

		boolean isOver() {
			return this.over;
		}

	}

	/**
	 * The newest roots and the newest leaf, which need not belong together.
	 *
	 * @param roots the roots
	 * @param leaf the leaf
	 * @param firstLeaf whether the leaf is the watch's first
	 */
	private record Pair(CaRoots roots, Leaf leaf, boolean firstLeaf) {

		IdentityMaterial read() throws IdentityRejectedException {
			List<X509Certificate> trusted = new ArrayList<>();
			for (CaRoots.Root root : this.roots.roots()) {
				trusted
					.addAll(PemMaterial.certificates(root.rootCert(), MAX_ROOTS - trusted.size(), "the list of roots"));
			}
			return new IdentityMaterial(PemMaterial.certificates(this.leaf.certPem(), MAX_CHAIN, "the leaf's chain"),
					PemMaterial.key(this.leaf.privateKeyPem()), trusted, this.roots.trustDomain());
		}

	}

}
