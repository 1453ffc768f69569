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

package io.github.bootmesh;

import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What comes in a certificate is anybody's text. The same texts in every run.
 */
class SpiffeIdFuzzTests {

	private static final String[] PIECES = { "spiffe://", "SPIFFE://", "ours.consul", "OURS.consul", "/ap/", "/ns/",
			"/dc/", "/svc/", "default", "web", "dc1", "/", "//", "..", ".", "%2f", "%2e", "%00", "%", "%zz", "%c0%ae",
			"%e9", "+", "%2B", "?x", "#f", "@", ":8500", "é", "\n", " ", "*", "/agent/client", "/gateway/mesh" };

	private static final String WHOLE = "spiffe://ours.consul/ap/eu/ns/default/dc/dc1/svc/web";

	@Test
	void aTextIsAnIdThatSurvivesTheWayThroughAUriOrIsRefused() {
		SplittableRandom random = new SplittableRandom(3);
		int ids = 0;
		for (int i = 0; i < 200_000; i++) {
			String text = text(random);
			SpiffeId id;
			try {
				id = SpiffeId.parse(text);
			}
			catch (IllegalArgumentException ex) {
				continue;
			}
			ids++;
			assertThat(SpiffeId.parse(id.toString())).as("'%s'", text).isEqualTo(id);
			assertThat(id.service()).as("'%s'", text).isNotEmpty().doesNotContain("/", "\0", "\n").isNotIn(".", "..");
			assertThat(id.trustDomain()).as("'%s'", text).isLowerCase();
		}
		assertThat(ids).isGreaterThan(1000);
	}

	private static String text(SplittableRandom random) {
		StringBuilder text = new StringBuilder();
		if (random.nextBoolean()) {
			text.append(WHOLE);
			for (int i = 1 + random.nextInt(3); i > 0; i--) {
				int at = random.nextInt(text.length() + 1);
				text.replace(at, Math.min(text.length(), at + random.nextInt(5)), piece(random));
			}
			return text.toString();
		}
		for (int i = random.nextInt(12); i > 0; i--) {
			text.append(piece(random));
		}
		return text.toString();
	}

	private static String piece(SplittableRandom random) {
		return (random.nextInt(20) == 0) ? String.valueOf((char) random.nextInt(0x10000))
				: PIECES[random.nextInt(PIECES.length)];
	}

}
