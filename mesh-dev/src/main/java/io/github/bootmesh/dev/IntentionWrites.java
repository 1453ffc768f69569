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

package io.github.bootmesh.dev;

import java.time.Instant;

/**
 * How intentions are written one by one, with an ID.
 */
interface IntentionWrites {

	/**
	 * Adds one.
	 * @param all all intentions
	 * @param id the new ID
	 * @param wanted what is wanted
	 * @param now the time
	 * @param next the index of the change
	 * @return all intentions
	 */
	Intentions create(Intentions all, String id, Intention wanted, Instant now, long next);

	/**
	 * Changes one.
	 * @param all all intentions
	 * @param id its ID
	 * @param wanted what is wanted
	 * @param now the time
	 * @param next the index of the change
	 * @return all intentions
	 */
	Intentions update(Intentions all, String id, Intention wanted, Instant now, long next);

	/**
	 * Takes one away.
	 * @param all all intentions
	 * @param id its ID
	 * @param next the index of the change
	 * @return all intentions
	 */
	Intentions delete(Intentions all, String id, long next);

	/**
	 * Writes the one for a source and a destination, whether or not there is one.
	 * @param all all intentions
	 * @param wanted what is wanted
	 * @param now the time
	 * @param next the index of the change
	 * @return all intentions
	 */
	Intentions upsert(Intentions all, Intention wanted, Instant now, long next);

	/**
	 * Takes away the one for a source and a destination, if there is one.
	 * @param all all intentions
	 * @param source the source
	 * @param destination the destination
	 * @param next the index of the change
	 * @return all intentions, the same if there was none
	 */
	Intentions delete(Intentions all, String source, String destination, long next);

}
