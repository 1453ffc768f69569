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

package io.github.bootmesh.autoconfigure.consul;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@ExtendWith(OutputCaptureExtension.class)
class ConsulConnectionDetailsTests {

	private static final String TOKEN = "5f0ad2c4-secret";

	private final SslBundles bundles = new DefaultSslBundleRegistry("agent", SslBundle.systemDefault());

	private final Path directory;

	private final Path tokenFile;

	ConsulConnectionDetailsTests(@TempDir Path directory) throws IOException {
		this.directory = directory;
		this.tokenFile = Files.writeString(this.directory.resolve("token"), TOKEN + "\n");
	}

	@Test
	void whenNothingIsSetThenTheLocalAgentIsMeant() {
		ConsulConnectionDetails details = details(Map.of());
		assertThat(details.getUrl()).isEqualTo(URI.create("http://localhost:8500"));
		assertThat(details.getToken()).isNull();
		assertThat(details.getSslBundle()).isNull();
		assertThat(details.getServerName()).isNull();
		assertThat(details.getDatacenter()).isNull();
		assertThat(details.getNamespace()).isNull();
		assertThat(details.getPartition()).isNull();
	}

	@Test
	void whenOwnPropertiesAreSetThenTheyBeatEverythingElse() {
		ConsulConnectionDetails details = details(Map.ofEntries(Map.entry("bootmesh.consul.url", "https://own:8501"),
				Map.entry("bootmesh.consul.token", TOKEN), Map.entry("bootmesh.consul.ssl.bundle", "agent"),
				Map.entry("bootmesh.consul.server-name", "server.dc1.consul"),
				Map.entry("bootmesh.consul.datacenter", "dc2"), Map.entry("bootmesh.consul.namespace", "team"),
				Map.entry("bootmesh.consul.partition", "part"), Map.entry("spring.cloud.consul.host", "cloud"),
				Map.entry("spring.cloud.consul.discovery.acl-token", "theirs"),
				Map.entry("CONSUL_HTTP_ADDR", "variable:8500"), Map.entry("CONSUL_HTTP_TOKEN", "variable"),
				Map.entry("CONSUL_NAMESPACE", "variable"), Map.entry("CONSUL_PARTITION", "variable"),
				Map.entry("CONSUL_TLS_SERVER_NAME", "variable")));
		assertThat(details.getUrl()).isEqualTo(URI.create("https://own:8501"));
		assertThat(details.getToken()).isEqualTo(TOKEN);
		assertThat(details.getSslBundle()).isSameAs(this.bundles.getBundle("agent"));
		assertThat(details.getServerName()).isEqualTo("server.dc1.consul");
		assertThat(details.getDatacenter()).isEqualTo("dc2");
		assertThat(details.getNamespace()).isEqualTo("team");
		assertThat(details.getPartition()).isEqualTo("part");
	}

	@Test
	void whenSpringCloudConsulIsConfiguredThenItBeatsTheVariables() {
		ConsulConnectionDetails details = details(
				Map.of("spring.cloud.consul.host", "cloud", "spring.cloud.consul.port", "8501",
						"spring.cloud.consul.scheme", "https", "spring.cloud.consul.discovery.acl-token", TOKEN,
						"CONSUL_HTTP_ADDR", "variable:8500", "CONSUL_HTTP_TOKEN", "variable"));
		assertThat(details.getUrl()).isEqualTo(URI.create("https://cloud:8501"));
		assertThat(details.getToken()).isEqualTo(TOKEN);
	}

	@Test
	void whenSpringCloudConsulHasItsDefaultsOnlyThenTheVariablesAreNotHidden() {
		ConsulConnectionDetails details = details(
				Map.of("spring.cloud.consul.discovery.enabled", "true", "CONSUL_HTTP_ADDR", "127.0.0.1:18500"));
		assertThat(details.getUrl()).isEqualTo(URI.create("http://127.0.0.1:18500"));
	}

	@Test
	void whenOnlyThePortOfSpringCloudConsulIsSetThenTheRestIsItsDefault() {
		assertThat(details(Map.of("spring.cloud.consul.port", "9999")).getUrl())
			.isEqualTo(URI.create("http://localhost:9999"));
		assertThat(details(Map.of("spring.cloud.consul.config.acl-token", TOKEN)).getToken()).isEqualTo(TOKEN);
	}

	@Test
	void whenVariablesAreSetThenTheyMeanWhatConsulsOwnClientMakesOfThem() {
		assertThat(details(Map.of("CONSUL_HTTP_ADDR", "agent:8500")).getUrl())
			.isEqualTo(URI.create("http://agent:8500"));
		assertThat(details(Map.of("CONSUL_HTTP_ADDR", "agent:8501", "CONSUL_HTTP_SSL", "true")).getUrl())
			.isEqualTo(URI.create("https://agent:8501"));
		assertThat(details(Map.of("CONSUL_HTTP_ADDR", "http://agent:8501", "CONSUL_HTTP_SSL", "1")).getUrl())
			.isEqualTo(URI.create("https://agent:8501"));
		assertThat(details(Map.of("CONSUL_HTTP_ADDR", "unix:///run/consul.sock")).getUrl())
			.isEqualTo(URI.create("unix:///run/consul.sock"));
		ConsulConnectionDetails details = details(Map.of("CONSUL_HTTP_TOKEN", "older", "CONSUL_HTTP_TOKEN_FILE",
				this.tokenFile.toString(), "CONSUL_TLS_SERVER_NAME", "server.dc1.consul", "CONSUL_NAMESPACE", "team",
				"CONSUL_PARTITION", "part"));
		assertThat(details.getToken()).isEqualTo(TOKEN);
		assertThat(details.getServerName()).isEqualTo("server.dc1.consul");
		assertThat(details.getNamespace()).isEqualTo("team");
		assertThat(details.getPartition()).isEqualTo("part");
	}

	@Test
	void whenVariablesNameCertificatesThenTheyMakeTheTlsSettings() throws Exception {
		TestCa ca = TestCa.create("agents.example");
		TestCa.Issued client = ca.leaf("client");
		Path authority = Files.writeString(this.directory.resolve("ca.pem"), TestCa.pem(List.of(ca.root())));
		Path certificate = Files.writeString(this.directory.resolve("client.pem"), client.chainPem());
		Path key = Files.writeString(this.directory.resolve("client.key"), client.keyPem());
		SslBundle bundle = Objects.requireNonNull(details(Map.of("CONSUL_CACERT", authority.toString(),
				"CONSUL_CLIENT_CERT", certificate.toString(), "CONSUL_CLIENT_KEY", key.toString()))
			.getSslBundle());
		assertThat(bundle.getStores().getTrustStore()).isNotNull();
		assertThat(bundle.getStores().getKeyStore()).isNotNull();
		assertThat(bundle.createSslContext()).isNotNull();
	}

	@Test
	void whenAnUnsupportedSettingIsSetThenItIsNamedWithWhatTakesItsPlaceAndItsValueIsNot(CapturedOutput output) {
		Map<String, Object> unsupported = Map.of("CONSUL_HTTP_SSL_VERIFY", "false", "CONSUL_CAPATH", "/" + TOKEN,
				"spring.cloud.consul.tls.key-store-password", TOKEN, "CONSUL_HTTP_AUTH", "me:" + TOKEN);
		details(unsupported);
		assertThat(output)
			.contains("CONSUL_HTTP_SSL_VERIFY is not used", "CONSUL_CAPATH is not used",
					"'spring.cloud.consul.tls.*' is not used", "'bootmesh.consul.ssl.bundle'",
					"CONSUL_HTTP_AUTH is not used", "'bootmesh.consul.token'")
			.doesNotContain(TOKEN);
		assertThat(output.getOut().lines()).filteredOn((line) -> line.contains("is not used"))
			.hasSize(4)
			.allMatch((line) -> line.contains("WARN"));
	}

	@Test
	void whenWhatTakesTheirPlaceIsUsedThenNothingIsSaid(CapturedOutput output) {
		details(Map.of("CONSUL_HTTP_SSL_VERIFY", "false", "CONSUL_CAPATH", "/ca", "CONSUL_HTTP_AUTH", "me:" + TOKEN,
				"bootmesh.consul.ssl.bundle", "agent", "bootmesh.consul.token", TOKEN));
		details(Map.of("CONSUL_HTTP_SSL_VERIFY", "true", "CONSUL_CAPATH", "", "spring.cloud.consul.host", "cloud"));
		assertThat(output).doesNotContain("is not used");
	}

	@Test
	void whenTheTokenFileChangesThenTheNewTokenIsUsedAndAnUnreadableOneChangesNothing() throws IOException {
		ConsulConnectionDetails details = details(Map.of("bootmesh.consul.token-file", this.tokenFile.toString()));
		assertThat(details.getToken()).isEqualTo(TOKEN);
		Files.writeString(this.tokenFile, "next");
		assertThat(details.getToken()).isEqualTo("next");
		Files.writeString(this.tokenFile, "");
		assertThat(details.getToken()).isEqualTo("next");
		Files.delete(this.tokenFile);
		assertThat(details.getToken()).isEqualTo("next");
		Files.writeString(this.tokenFile, "again");
		assertThat(details.getToken()).isEqualTo("again");
	}

	@Test
	void whenTheTokenFileIsMissingAtTheStartThenItIsNamed() {
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> details(Map.of("bootmesh.consul.token-file", this.directory.resolve("none").toString())))
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("bootmesh.consul.token-file"));
	}

	@Test
	void whenTokenAndTokenFileAreSetThenNeitherIsChosen() {
		assertThatExceptionOfType(BindException.class)
			.isThrownBy(() -> details(
					Map.of("bootmesh.consul.token", TOKEN, "bootmesh.consul.token-file", this.tokenFile.toString())))
			.havingRootCause()
			.withMessageContaining("bootmesh.consul.token-file")
			.withMessageNotContaining(TOKEN);
	}

	@Test
	void whenAUrlIsNotThatOfAnAgentThenTheReasonIsTold() {
		assertRefused("localhost:8500", "must start with");
		assertRefused("ftp://localhost", "must start with");
		assertRefused("http://", "not a URL");
		assertRefused("http:///v1", "no valid host");
		assertRefused("http://localhost:8500/?dc=dc1", "query");
		assertRefused("unix://run/consul.sock", "absolute path");
		assertRefused("http://localhost:8500/a b", "not a URL");
	}

	@Test
	void whenAUrlHoldsAPasswordThenItIsRefusedAndNotShown() {
		assertThatThrownBy(() -> details(Map.of("CONSUL_HTTP_ADDR", "http://user:" + TOKEN + "@localhost:8500")))
			.hasMessageContaining("no user, password")
			.hasMessageNotContaining(TOKEN);
	}

	@Test
	void whenAnythingIsShownThenNoTokenIs() {
		ConsulConnectionDetails details = details(Map.of("bootmesh.consul.token", TOKEN));
		assertThat(details.toString()).doesNotContain(TOKEN);
		assertThat(bind(environment(Map.of("bootmesh.consul.token", TOKEN))).toString()).doesNotContain(TOKEN);
		assertThat(details(Map.of("CONSUL_HTTP_TOKEN_FILE", this.tokenFile.toString())).toString())
			.doesNotContain(TOKEN);
	}

	private void assertRefused(String url, String reason) {
		assertThatExceptionOfType(BindException.class).isThrownBy(() -> details(Map.of("bootmesh.consul.url", url)))
			.havingRootCause()
			.isInstanceOf(InvalidConfigurationPropertyValueException.class)
			.withMessageContaining(reason);
	}

	private ConsulConnectionDetails details(Map<String, Object> properties) {
		StandardEnvironment environment = environment(properties);
		return new PropertiesConsulConnectionDetails(bind(environment), environment, this.bundles);
	}

	private static ConsulProperties bind(StandardEnvironment environment) {
		return Binder.get(environment).bindOrCreate("bootmesh.consul", ConsulProperties.class);
	}

	private static StandardEnvironment environment(Map<String, Object> properties) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().remove(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
		environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
		ConfigurationPropertySources.attach(environment);
		return environment;
	}

}
