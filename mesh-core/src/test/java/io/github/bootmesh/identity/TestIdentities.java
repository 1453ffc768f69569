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
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.testing.TestCa;

/**
 * The identity of a service in dc1, driven by hand: its time stands still until it is
 * advanced, and everything that follows from a call has happened when it returns.
 * Services of one mesh are made with the same CA.
 */
public final class TestIdentities implements AutoCloseable {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Sinks.Many<IdentityUpdate> updates = Sinks.many().replay().limit(1);

	private final String service;

	private final MeshIdentity identity;

	private TestCa ca;

	private List<X509Certificate> roots;

	private TestCa.Issued leaf;

	private TestIdentities(TestCa ca, IdentityExpectation expectation) {
		this.time.advanceTimeTo(Instant.now());
		this.service = expectation.service();
		this.ca = ca;
		this.roots = List.of(ca.root());
		this.leaf = ca.leaf(this.service);
		this.identity = new MeshIdentity(this.updates::asFlux, expectation,
				((InstantSource) this::now).withZone(ZoneOffset.UTC), this.time);
		this.identity.start();
	}

	/**
	 * A running identity with its first generation.
	 */
	public static TestIdentities of(TestCa ca, String service) {
		TestIdentities identities = withoutIdentity(ca, expectation(service));
		identities.deliver();
		return identities;
	}

	/**
	 * A running identity that has got nothing yet.
	 */
	public static TestIdentities withoutIdentity(TestCa ca, String service) {
		return withoutIdentity(ca, expectation(service));
	}

	static TestIdentities withoutIdentity(TestCa ca, IdentityExpectation expectation) {
		return new TestIdentities(ca, expectation);
	}

	static IdentityExpectation expectation(String service) {
		return new IdentityExpectation(service, null, SpiffeId.DEFAULT, SpiffeId.DEFAULT, null, false);
	}

	/**
	 * A generation on its own, not judged, so that a test can have a bad one.
	 */
	public static IdentityGeneration generation(long number, String spiffeId, TestCa.Issued leaf,
			X509Certificate... roots) {
		return new IdentityGeneration(number, SpiffeId.parse(spiffeId), leaf.chain(), leaf.key(), List.of(roots));
	}

	/**
	 * The first generation of a service, on its own.
	 */
	public static IdentityGeneration generation(TestCa ca, String service) {
		return generation(1, ca.uri(service), ca.leaf(service), ca.root());
	}

	public MeshIdentity identity() {
		return this.identity;
	}

	public IdentityGeneration generation() {
		return this.identity.current();
	}

	/** A new leaf of the same root. */
	public void rotateLeaf() {
		this.leaf = this.ca.leaf(this.service);
		deliver();
	}

	/** A new leaf that is not valid for long. */
	public void rotateLeaf(Duration lifetime) {
		this.leaf = this.ca.issue((spec) -> spec.uri(this.ca.uri(this.service))
			.valid(Instant.now().minus(Duration.ofMinutes(1)), Instant.now().plus(lifetime)));
		deliver();
	}

	/** A leaf of the next root; all roots so far are trusted as well. */
	public void rotateRoot(TestCa next) {
		this.roots = Stream.concat(this.roots.stream(), Stream.of(next.root())).toList();
		this.ca = next;
		rotateLeaf();
	}

	/** Trusts these roots, as Consul's list says it before the leaf is renewed. */
	public void trust(TestCa... cas) {
		this.roots = Stream.of(cas).map(TestCa::root).toList();
		deliver();
	}

	/** Delivers a leaf with the current roots. */
	public void deliver(TestCa.Issued leaf) {
		deliver(new IdentityMaterial(leaf.chain(), leaf.key(), this.roots, this.ca.trustDomain()));
	}

	void deliver() {
		deliver(this.leaf);
	}

	void deliver(IdentityUpdate update) {
		this.updates.emitNext(update, Sinks.EmitFailureHandler.FAIL_FAST);
	}

	/** Lets time pass, and all that falls into it happen. */
	public void advance(Duration duration) {
		this.time.advanceTimeBy(duration);
	}

	/** Lets the time come at which the leaf has just expired. */
	public void expire() {
		advance(Duration.between(now(), this.leaf.leaf().getNotAfter().toInstant()).plusSeconds(1));
	}

	/** The time as this identity sees it. */
	public Instant now() {
		return Instant.ofEpochMilli(this.time.now(TimeUnit.MILLISECONDS));
	}

	@Override
	public void close() {
		this.identity.close();
	}

}
