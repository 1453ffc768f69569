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

package io.github.bootmesh.consul;

/**
 * The connections that watches may hold. Reserved watches always have one; shared watches
 * have what is left, first come, first served. Thread-safe.
 */
final class Places {

	private final int all;

	private final int reservedAtLeast;

	private int reserved;

	private int shared;

	Places(ConsulLimits limits) {
		this.all = limits.places();
		this.reservedAtLeast = limits.reserved();
	}

	Claim claim(Watches.Place place) {
		return new Claim(place);
	}

	private int free() {
		return this.all - Math.max(this.reservedAtLeast, this.reserved) - this.shared;
	}

	/**
	 * A watch's claim. It is asked before each question, so that a place that another
	 * watch gave back is taken, and one that became a reserved watch's is given back.
	 */
	final class Claim {

		private final Watches.Place place;

		private boolean held;

		Claim(Watches.Place place) {
			this.place = place;
		}

		boolean reserved() {
			return this.place == Watches.Place.RESERVED;
		}

		boolean shared() {
			return this.place == Watches.Place.SHARED;
		}

		boolean hold() {
			if (this.place == Watches.Place.POLLED) {
				return false;
			}
			synchronized (Places.this) {
				if (reserved()) {
					if (!this.held) {
						this.held = true;
						Places.this.reserved++;
					}
				}
				else if (this.held && free() < 0) {
					release();
				}
				else if (!this.held && free() > 0) {
					this.held = true;
					Places.this.shared++;
				}
				return this.held;
			}
		}

		void release() {
			synchronized (Places.this) {
				if (this.held) {
					this.held = false;
					if (reserved()) {
						Places.this.reserved--;
					}
					else {
						Places.this.shared--;
					}
				}
			}
		}

	}

}
